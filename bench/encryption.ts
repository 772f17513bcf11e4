/**
 * What the encryption of a connection costs: noise, which is the default, against TLS 1.3 (@libp2p/tls), between two processes
 * on loopback over the multiplexer and the sizes that peers use, in turn:
 *
 *   npm run bench:encryption -- [--tls FOLDER] [--mebibytes 64] [--repeats 5] [--handshakes 40]
 *
 * TLS is no dependency: FOLDER is one in which `npm install @libp2p/tls@2.2.7` was run; without it noise is measured alone.
 * Processor time is of a whole process, its sockets and multiplexer included. Ends stdout with one JSON object.
 */
import { fork, type ChildProcess } from 'node:child_process';
import { join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import '../src/foundation/polyfill.ts';
import { noise } from '@chainsafe/libp2p-noise';
import type { ConnectionEncrypter, Libp2p } from '@libp2p/interface';
import { tcp } from '@libp2p/tcp';
import { multiaddr } from '@multiformats/multiaddr';
import { createLibp2p, type Libp2pOptions } from 'libp2p';
import { boundedYamux } from '../src/network/bounded-yamux.ts';
import { MAX_STREAM_WINDOW_BYTES } from '../src/network/limits.ts';

type Encrypter = NonNullable<Libp2pOptions['connectionEncrypters']>[number];
type Name = 'noise' | 'tls';

const PROTOCOL = '/bulk/1';
const CHUNK_BYTES = 65_536;
const YAMUX_FRAME_BYTES = 65_519;
const MIB = 1_048_576;

async function encrypterOf(name: Name, folder: string): Promise<Encrypter> {
  if (name === 'noise') return noise();
  const entry = join(folder, 'node_modules/@libp2p/tls/dist/src/index.js');
  const { tls } = (await import(pathToFileURL(entry).href)) as {
    tls: () => (components: never) => ConnectionEncrypter;
  };
  return tls() as unknown as Encrypter;
}

async function host(encrypter: Encrypter, listen: readonly string[]): Promise<Libp2p> {
  return createLibp2p({
    addresses: { listen: [...listen] },
    transports: [tcp()],
    connectionEncrypters: [encrypter],
    streamMuxers: [
      boundedYamux(
        { maxMessageSize: YAMUX_FRAME_BYTES, maxStreamWindowSize: MAX_STREAM_WINDOW_BYTES },
        () => undefined,
      ),
    ],
    connectionManager: { inboundConnectionThreshold: 10_000 },
    connectionMonitor: { enabled: false },
  });
}

function cpuMs(since: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(since);
  return (user + system) / 1_000;
}

/** The other process: sends so many mebibytes on each stream, and says what processor time it has had since it was asked. */
async function serve(name: Name, folder: string, mebibytes: number): Promise<void> {
  const server = await host(await encrypterOf(name, folder), ['/ip4/127.0.0.1/tcp/0']);
  const chunk = new Uint8Array(CHUNK_BYTES).fill(7);
  await server.handle(PROTOCOL, ({ stream }) => {
    const body = function* (): Generator<Uint8Array> {
      for (let sent = 0; sent < mebibytes * MIB; sent += CHUNK_BYTES) yield chunk;
    };
    stream.sink(body()).catch((error: unknown) => {
      process.stderr.write(`${String(error)}\n`);
      process.exit(1);
    });
  });
  let before = process.cpuUsage();
  process.on('message', () => {
    process.send?.(cpuMs(before));
    before = process.cpuUsage();
  });
  process.once('disconnect', () => process.exit(0));
  process.send?.(server.getMultiaddrs()[0]?.toString() ?? '');
}

function answer<T>(child: ChildProcess): Promise<T> {
  return new Promise((done, fail) => {
    const ended = (code: number | null): void => fail(new Error(`the other process ended with ${code}`));
    child.once('exit', ended);
    child.once('message', (message) => {
      child.off('exit', ended);
      done(message as T);
    });
  });
}

/** Processor milliseconds of the other process since it was asked last. */
async function cpuOf(child: ChildProcess): Promise<number> {
  child.send('processor');
  return answer<number>(child);
}

/** What one way of encryption took, in each repeat. */
class Measured {
  readonly name: Name;
  readonly seconds: number[] = [];
  readonly senderMs: number[] = [];
  readonly receiverMs: number[] = [];
  handshakeMs = 0;
  handshakeListenerCpuMs = 0;
  handshakeDiallerCpuMs = 0;
  private readonly child: ChildProcess;
  private readonly client: Libp2p;
  private readonly address: string;

  private constructor(name: Name, child: ChildProcess, client: Libp2p, address: string) {
    this.name = name;
    this.child = child;
    this.client = client;
    this.address = address;
  }

  static async start(name: Name, folder: string, mebibytes: number): Promise<Measured> {
    const args = ['serve', name, folder, String(mebibytes)];
    const child = fork(fileURLToPath(import.meta.url), args, { execArgv: process.execArgv });
    const address = await answer<string>(child);
    return new Measured(name, child, await host(await encrypterOf(name, folder), []), address);
  }

  async pull(mebibytes: number): Promise<void> {
    const connection = await this.client.dial(multiaddr(this.address));
    await cpuOf(this.child);
    const [startMs, before] = [performance.now(), process.cpuUsage()];
    const stream = await connection.newStream(PROTOCOL);
    let bytes = 0;
    for await (const chunk of stream.source) bytes += chunk.byteLength;
    if (bytes !== mebibytes * MIB) throw new Error(`${bytes} bytes came`);
    this.seconds.push((performance.now() - startMs) / 1_000);
    this.receiverMs.push(cpuMs(before));
    this.senderMs.push(await cpuOf(this.child));
    await stream.close();
  }

  async shakeHands(times: number): Promise<void> {
    for (const connection of this.client.getConnections()) await connection.close();
    await cpuOf(this.child);
    const [startMs, before] = [performance.now(), process.cpuUsage()];
    for (let i = 0; i < times; i += 1) await (await this.client.dial(multiaddr(this.address))).close();
    this.handshakeMs = (performance.now() - startMs) / times;
    this.handshakeDiallerCpuMs = cpuMs(before) / times;
    this.handshakeListenerCpuMs = (await cpuOf(this.child)) / times;
  }

  result(mebibytes: number): Readonly<Record<string, number>> {
    const [sender, receiver] = [median(this.senderMs), median(this.receiverMs)];
    return {
      mibPerSecond: mebibytes / median(this.seconds),
      mibPerSecondAndCoreSending: (mebibytes * 1_000) / sender,
      mibPerSecondAndCoreReceiving: (mebibytes * 1_000) / receiver,
      handshakeMs: this.handshakeMs,
      handshakeListenerCpuMs: this.handshakeListenerCpuMs,
      handshakeDiallerCpuMs: this.handshakeDiallerCpuMs,
    };
  }

  async stop(): Promise<void> {
    await this.client.stop();
    this.child.disconnect();
  }
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? NaN;
}

async function compare(): Promise<void> {
  const { values } = parseArgs({
    options: {
      tls: { type: 'string' },
      mebibytes: { type: 'string', default: '64' },
      repeats: { type: 'string', default: '5' },
      handshakes: { type: 'string', default: '40' },
    },
  });
  const folder = resolve(values.tls ?? '.');
  const [mebibytes, repeats, handshakes] = [values.mebibytes, values.repeats, values.handshakes].map(
    Number,
  ) as [number, number, number];
  for (const [name, value] of Object.entries({ mebibytes, repeats, handshakes })) {
    if (Number.isSafeInteger(value) && value > 0) continue;
    process.stderr.write(`--${name} must be a whole number above 0, got ${value}\n`);
    process.exit(2);
  }
  const names: Name[] = values.tls === undefined ? ['noise'] : ['noise', 'tls'];
  const ways: Measured[] = [];
  for (const name of names) ways.push(await Measured.start(name, folder, mebibytes));
  for (const way of ways) await way.pull(mebibytes); // code is compiled
  for (const way of ways) [way.seconds, way.senderMs, way.receiverMs].forEach((list) => list.splice(0));
  for (let repeat = 0; repeat < repeats; repeat += 1) for (const way of ways) await way.pull(mebibytes);
  for (const way of ways) {
    await way.shakeHands(5);
    await way.shakeHands(handshakes);
  }
  const results = Object.fromEntries(ways.map((way) => [way.name, way.result(mebibytes)]));
  for (const way of ways) await way.stop();
  const { noise: base, tls } = results;
  const ratios =
    base === undefined || tls === undefined
      ? undefined
      : Object.fromEntries(Object.entries(tls).map(([key, value]) => [key, value / (base[key] ?? NaN)]));
  const rounded = (_: string, value: unknown): unknown =>
    typeof value === 'number' ? Number(value.toPrecision(3)) : value;
  process.stdout.write(
    `${JSON.stringify({ ...results, ...(ratios && { tlsOverNoise: ratios }) }, rounded)}\n`,
  );
}

const [command, name, folder, mebibytes] = process.argv.slice(2);
if (command === 'serve') await serve(name as Name, folder ?? '.', Number(mebibytes));
else await compare();
