import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { OperatorError } from '../../src/foundation/operator-error.ts';
import { SeededRandom } from '../../src/foundation/seeded-random.ts';
import { redialWaitMs } from '../../src/network/connector.ts';
import type { Transport } from '../../src/network/transport.ts';
import { eventually } from '../support/eventually.ts';
import { collect, firstAddress, swarm, text, TOPIC } from '../support/network.ts';

const NEVER = new AbortController().signal;

function portOf(transport: Transport): string {
  return /\/tcp\/(\d+)/.exec(firstAddress(transport))?.[1] ?? '';
}

/** A port that nobody listens on, for as long as no other process takes it. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

describe('connections on loopback', () => {
  const peers = swarm();
  afterEach(() => peers.stop());

  it('survives that everybody dials everybody at once', async () => {
    const all = await Promise.all([0, 1, 2, 3, 4].map((i) => peers.start(i)));
    const seen = all.map((transport) => collect(transport));
    for (const transport of all) transport.keepConnected(all.map(firstAddress)); // its own address among them
    await eventually('all are connected and subscribed', () =>
      all.every((transport) => transport.subscribers(TOPIC).length === 4),
    );
    for (const [i, transport] of all.entries()) await transport.publish(TOPIC, text(`from ${i}`));
    await eventually('every message reached everybody else', () =>
      seen.every((messages) => messages.length === 4),
    );
    assert.deepEqual(
      all.flatMap((transport) => transport.diagnose()),
      [],
      'nobody complains, not even of its own address',
    );
  });

  it('redials a peer that restarts on the same port with the same key, and one that starts late', async () => {
    const port = await freePort();
    const listen = [`/ip4/127.0.0.1/tcp/${port}`];
    const a = await peers.start('a', { bootstrap: listen });
    const seen = collect(a);
    await eventually('the refused dial is explained', () =>
      a.diagnose().some((line) => line.startsWith(`${listen[0]}: connection refused`)),
    );
    const events: string[] = [];
    a.onPeerChange((_peer, state) => events.push(state));
    for (const life of [1, 2, 3]) {
      const b = await peers.start('b', { listen });
      collect(b);
      await eventually(`life ${life}: connected`, () => a.connected().includes(b.self));
      assert.deepEqual(a.diagnose(), [], 'nothing to complain about while connected');
      await eventually(`life ${life}: gossip comes through`, async () => {
        await b.publish(TOPIC, text(`life ${life}`));
        return seen.includes(`life ${life}`);
      });
      await b.stop();
      await eventually(`life ${life}: its end is noticed`, () => a.connected().length === 0);
    }
    assert.deepEqual(events, [
      'connected',
      'disconnected',
      'connected',
      'disconnected',
      'connected',
      'disconnected',
    ]);
  });

  it('says for every address why it is not connected', async () => {
    const port = await freePort();
    const b = await peers.start('b');
    const other = await peers.start('other', { experiment: 'elsewhere' });
    const twin = await peers.start('a', { experiment: 'test' });
    const mute = createServer((socket) => socket.destroy());
    mute.unref();
    await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve));
    const mutePort = (mute.address() as AddressInfo).port;
    const greeting = `220 another program greets whoever connects ${'.'.repeat(100)}\r\n`;
    const foreign = createServer((socket) => socket.write(greeting));
    foreign.unref();
    await new Promise<void>((resolve) => foreign.listen(0, '127.0.0.1', resolve));
    const foreignPort = (foreign.address() as AddressInfo).port;
    const wrong = firstAddress(b).replace(b.self, other.self);
    const bare = (transport: Transport): string => firstAddress(transport).split('/p2p/')[0] ?? '';
    const a = await peers.start('a', {
      bootstrap: [
        `/ip4/127.0.0.1/tcp/${port}`,
        wrong,
        bare(other),
        bare(twin),
        `/ip4/127.0.0.1/tcp/${mutePort}`,
        `/ip4/127.0.0.1/tcp/${foreignPort}`,
      ],
    });
    const expected: [string, RegExp][] = [
      [`/ip4/127.0.0.1/tcp/${port}`, /connection refused: nothing listens there$/],
      [wrong, /another peer answers there \(expected 12D3Koo/],
      [bare(other), /runs another experiment, elsewhere; ours is test$/],
      [bare(twin), /this peer's own key/],
      [`/ip4/127.0.0.1/tcp/${mutePort}`, /the other side closed the connection/],
      [`/ip4/127.0.0.1/tcp/${foreignPort}`, /what answers there does not speak libp2p/],
    ];
    for (const [address, sentence] of expected) {
      await eventually(`${address}: ${sentence.source}`, () =>
        a.diagnose().some((line) => line.startsWith(`${address}: `) && sentence.test(line)),
      ).catch((error: unknown) => {
        throw new Error(`${String(error)}; said: ${a.diagnose().join(' | ')}`);
      });
    }
    assert.equal(a.diagnose().length, expected.length, 'one sentence each');
    assert.deepEqual(a.connected(), [], 'and none of them is connected');
    await eventually('the twin is told as well', () =>
      twin.diagnose().some((line) => line.includes('own key')),
    );
    await new Promise((resolve) => mute.close(resolve));
    foreign.close();
  });

  it('names the address, the rule and the value where a port is taken', async () => {
    const a = await peers.start('a');
    const listen = [`/ip4/127.0.0.1/tcp/${portOf(a)}`];
    await assert.rejects(
      peers.start('b', { listen: ['/ip4/127.0.0.1/tcp/0', ...listen] }),
      (error: unknown) =>
        error instanceof OperatorError &&
        error.exitCode === 2 &&
        error.message ===
          `network.listen must be free, but another process listens there, got "${listen[0]}"`,
      'one sentence for the operator',
    );
  });

  it('keeps a mesh of more hosts on one IP than the colocation threshold', async () => {
    const hub = await peers.start('hub', { targetConnections: 1 });
    const bootstrap = [firstAddress(hub)];
    const rest = await Promise.all(
      Array.from({ length: 18 }, (_, i) => peers.start(i, { bootstrap, targetConnections: 1 })),
    );
    collect(hub);
    const seen = rest.map((transport) => collect(transport));
    await eventually('the hub knows everybody', () => hub.subscribers(TOPIC).length === rest.length);
    let round = 0;
    await eventually('a message crosses the hub to all', async () => {
      const word = `round ${round++}`;
      await rest[0]?.publish(TOPIC, text(word));
      await new Promise((resolve) => setTimeout(resolve, 100));
      return seen.every((messages, i) => i === 0 || messages.length > 0);
    });
    assert.ok(
      hub.links().every((link) => link.score >= 0),
      `scores at the hub: ${hub
        .links()
        .map((link) => link.score)
        .join(' ')}`,
    );
  });

  it('finds and dials a peer that it knows by id only', async () => {
    const hub = await peers.start('hub', { targetConnections: 1 });
    const bootstrap = [firstAddress(hub)];
    const a = await peers.start('a', { bootstrap, targetConnections: 1 });
    const c = await peers.start('c', { bootstrap, targetConnections: 1 });
    await c.handle('echo/1', async (request) => request, { maxRequestBytes: 10 });
    await eventually('both are at the hub', () => hub.connected().length === 2);
    assert.ok(!a.connected().includes(c.self), 'not connected before');
    const answer = await eventually('the hub knows where c is', () =>
      a
        .request(c.self, 'echo/1', text('hello'), { signal: NEVER, maxResponseBytes: 10 })
        .catch(() => undefined),
    );
    assert.equal(new TextDecoder().decode(answer), 'hello', 'over a connection of their own');
    assert.ok(a.connected().includes(c.self), 'connected now');
    await assert.rejects(
      a.request('12D3KooWQYhTNQdmr3ArTeUHRYzFg94BKyTkoWBDWez9kSCVe2Xo', 'echo/1', text('x'), {
        signal: NEVER,
        maxResponseBytes: 10,
      }),
      { code: 'unreachable' },
      'nobody knows this one',
    );
  });
}).timeout(60_000);

describe('redial waits', () => {
  it('double up to half a minute, with jitter of a half to one and a half', () => {
    assert.deepEqual(
      [0, 1, 2, 6, 7, 60].map((failures) => redialWaitMs(failures, 0.5)),
      [500, 1_000, 2_000, 30_000, 30_000, 30_000],
    );
    assert.deepEqual([redialWaitMs(1, 0), redialWaitMs(1, 1)], [500, 1_500], 'the ends of the jitter');
    const random = new SeededRandom(1, 'redial');
    assert.ok(redialWaitMs(3, random.next()) > 0, 'with the seeded generator');
  });
});
