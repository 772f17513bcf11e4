/**
 * Gossip latency and stream throughput on loopback, with raw TCP between the same two processes in the same run as the
 * measure: absolute figures move with the machine, the ratios are the point. `npm run bench:network`.
 */
import { fork } from 'node:child_process';
import { createHash } from 'node:crypto';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { bodyDigest } from '../src/crypto/body-digest.ts';
import { createLibp2pTransport } from '../src/network/libp2p-transport.ts';
import type { Transport } from '../src/network/transport.ts';

const TOPIC = 'bench';
const BODY_BYTES = 64 * 1_048_576;
const HOSTS = 8;
const ROUND_TRIP_MS = 100;
const REPEATS = 9;
const SIGNAL = AbortSignal.timeout(110_000);

interface ServerReady {
  readonly address: string;
  readonly tcpPort: number;
  readonly digest: string;
}

async function start(label: string, bootstrap: readonly string[]): Promise<Transport> {
  const transport = await createLibp2pTransport({
    privateKeySeed: createHash('sha256').update(label).digest(),
    experiment: 'bench',
    topics: [TOPIC],
    localNetwork: true,
    listen: ['/ip4/127.0.0.1/tcp/0'],
    bootstrap,
  });
  await transport.start();
  return transport;
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) {
    SIGNAL.throwIfAborted();
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? NaN;
}

function body(bytes: number): Uint8Array {
  return new Uint8Array(bytes).map((_, i) => (i * 31 + (i >> 12)) & 255);
}

/** The other process: a body over libp2p and the same bytes over raw TCP. */
async function serve(): Promise<void> {
  const served = body(BODY_BYTES);
  const digest = bodyDigest(served);
  const transport = await start('server', []);
  await transport.serveBodies({ get: (wanted) => (wanted === digest ? served : undefined) });
  await transport.handle('echo/1', (request) => Promise.resolve(request), { maxRequestBytes: 1_024 });
  const server = createServer((socket) => socket.end(served));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  process.send?.({ address: transport.addresses()[0] ?? '', tcpPort: port, digest } satisfies ServerReady);
  process.once('disconnect', () => process.exit(0));
}

/** Seconds that the bytes take over raw TCP. */
async function pullRaw(port: number): Promise<number> {
  const startedMs = performance.now();
  const socket = connect(port, '127.0.0.1');
  let bytes = 0;
  for await (const chunk of socket) bytes += (chunk as Buffer).length;
  if (bytes !== BODY_BYTES) throw new Error(`raw TCP brought ${bytes} bytes`);
  return (performance.now() - startedMs) / 1_000;
}

async function streams(): Promise<Record<string, number>> {
  const child = fork(fileURLToPath(import.meta.url), ['serve'], { execArgv: process.execArgv });
  const ready = await new Promise<ServerReady>((resolve) =>
    child.once('message', (m) => resolve(m as ServerReady)),
  );
  const transport = await start('client', [ready.address]);
  await until(() => transport.connected().length === 1);
  const [holder = ''] = transport.connected();
  const [raw, pulled, trips]: [number[], number[], number[]] = [[], [], []];
  const cpuMs: number[] = [];
  for (let i = 0; i < 3; i++) {
    raw.push(await pullRaw(ready.tcpPort));
    const cpuBefore = process.cpuUsage();
    const startedMs = performance.now();
    await transport.fetchBody(ready.digest, BODY_BYTES, [holder], { signal: SIGNAL });
    pulled.push((performance.now() - startedMs) / 1_000);
    const { user, system } = process.cpuUsage(cpuBefore);
    cpuMs.push((user + system) / 1_000);
  }
  for (let i = 0; i < 50; i++) {
    const startedMs = performance.now();
    await transport.request(holder, 'echo/1', new Uint8Array(64), { signal: SIGNAL, maxResponseBytes: 64 });
    trips.push(performance.now() - startedMs);
  }
  await transport.stop();
  child.disconnect();
  const mebibytes = BODY_BYTES / 1_048_576;
  return {
    rawTcpMiBPerSecond: mebibytes / median(raw),
    bodyMiBPerSecond: mebibytes / median(pulled),
    bodyToRawRatio: median(raw) / median(pulled),
    receiverCpuMsPerMiB: median(cpuMs) / mebibytes,
    requestMs: median(trips),
  };
}

/** A relay in this process that holds every byte back for half a round trip, at any rate. */
async function slowRoad(port: number): Promise<number> {
  const carry = (from: Socket, to: Socket): void => {
    from.on('data', (chunk) => setTimeout(() => to.write(chunk), ROUND_TRIP_MS / 2));
    from.on('close', () => to.destroy());
    from.on('error', () => undefined);
  };
  const server = createServer((near) => {
    const far = connect(port, '127.0.0.1');
    carry(near, far);
    carry(far, near);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  server.unref();
  return (server.address() as AddressInfo).port;
}

/** Seconds for bodies over a round trip of 100 ms, where the number of round trips decides. */
async function overDistance(): Promise<Record<string, number>> {
  const [near, small, large] = [await start('near', []), body(2 * 1_048_576), body(16 * 1_048_576)];
  const digests = [bodyDigest(small), bodyDigest(large)] as const;
  await near.serveBodies({ get: (digest) => [small, large][digests.indexOf(digest)] });
  const port = Number(/tcp\/(\d+)/.exec(near.addresses()[0] ?? '')?.[1]);
  const far = await start('far', [`/ip4/127.0.0.1/tcp/${await slowRoad(port)}`]);
  await until(() => far.connected().length === 1);
  const seconds = async (digest: string, bytes: number): Promise<number> => {
    const times: number[] = [];
    for (let i = 0; i < 3; i++) {
      const startedMs = performance.now();
      await far.fetchBody(digest, bytes, [near.self], { signal: SIGNAL });
      times.push((performance.now() - startedMs) / 1_000);
    }
    return median(times);
  };
  const result = {
    body2MiBSeconds: await seconds(digests[0], small.length),
    body16MiBSeconds: await seconds(digests[1], large.length),
  };
  await Promise.all([near.stop(), far.stop()]);
  return result;
}

/** Median over the repeats of the time to the median and to the last of the receivers. */
async function gossip(bytes: number): Promise<{ medianMs: number; lastMs: number }> {
  const first = await start('gossip 0', []);
  const bootstrap = [first.addresses()[0] ?? ''];
  const rest = await Promise.all(
    Array.from({ length: HOSTS - 1 }, (_, i) => start(`gossip ${i + 1}`, bootstrap)),
  );
  let arrivals: number[] = [];
  for (const host of [first, ...rest])
    host.subscribe(TOPIC, () => {
      arrivals.push(performance.now());
      return 'accept';
    });
  await until(() => [first, ...rest].every((host) => host.subscribers(TOPIC).length === HOSTS - 1));
  const [medians, lasts]: [number[], number[]] = [[], []];
  for (let i = 0; i < REPEATS; i++) {
    arrivals = [];
    const startedMs = performance.now();
    await first.publish(TOPIC, new Uint8Array(bytes).fill(i));
    await until(() => arrivals.length === HOSTS - 1);
    medians.push(median(arrivals) - startedMs);
    lasts.push(Math.max(...arrivals) - startedMs);
  }
  await Promise.all([first, ...rest].map((host) => host.stop()));
  return { medianMs: median(medians), lastMs: median(lasts) };
}

if (process.argv[2] === 'serve') await serve();
else {
  const measured = {
    streams: await streams(),
    over100msRoundTrip: await overDistance(),
    gossip1KiB: await gossip(1_024),
    gossip64KiB: await gossip(65_536),
  };
  process.stdout.write(
    `${JSON.stringify(measured, (_, v: unknown) => (typeof v === 'number' ? Number(v.toPrecision(3)) : v))}\n`,
  );
}
