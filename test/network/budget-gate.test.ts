import assert from 'node:assert/strict';
import { createConnection, type Socket } from 'node:net';
import { multiaddr } from '@multiformats/multiaddr';
import { PREFIX_SHARES, RESOURCES } from '../../src/network/budget-table.ts';
import { MAX_CONNECTIONS_PER_PEER, MAX_PENDING_INBOUND_PER_PREFIX } from '../../src/network/limits.ts';
import { NETWORK_TABLES } from '../../src/network/tables.ts';
import { rebroadcastWire } from '../../src/network/gossip-wire.ts';
import type { Transport } from '../../src/network/transport.ts';
import { eventually } from '../support/eventually.ts';
import { firstAddress, keySeed, swarm, text, TOPIC } from '../support/network.ts';
import { rawHost, type RawHost } from '../support/raw-host.ts';
import { PeerKey } from '../../src/crypto/peer-key.ts';

const MOST = 40;
const NEVER = new AbortController().signal;

describe('the budget of strangers on loopback', () => {
  const peers = swarm({ maxConnections: MOST, times: { requestReadMs: 300 } });
  const hosts: RawHost[] = [];
  const sockets: Socket[] = [];
  const seat = new PeerKey(keySeed('seat')).id;
  let victim: Transport;

  beforeEach(async () => {
    victim = await peers.start('victim');
    victim.useSeats((peer) => peer === seat);
  });

  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.destroy();
    await Promise.all(hosts.splice(0).map((host) => host.stop()));
    await peers.stop();
  });

  async function stranger(): Promise<RawHost> {
    const host = await rawHost();
    hosts.push(host);
    return host;
  }

  /** Dials; what comes of it shows at the victim. */
  const dial = (host: RawHost): Promise<unknown> =>
    host.libp2p.dial(multiaddr(firstAddress(victim)), { force: true }).catch(() => undefined);

  const refused = (resource: string): number =>
    victim.budget().find((line) => line.resource === resource && line.standing === 'stranger')?.refused ?? 0;

  async function assertSeatGetsIn(): Promise<void> {
    const honest = await peers.start('seat', { bootstrap: [firstAddress(victim)] });
    assert.equal(honest.self, seat);
    await eventually('the seat is connected', () => victim.connected().includes(seat));
  }

  it('lets one key hold a few connections, and one address prefix a share', async () => {
    const greedy = await stranger();
    for (let i = 0; i < 3 * MAX_CONNECTIONS_PER_PEER; i++) await dial(greedy);
    await eventually('refused connections are gone', () => victim.links().length <= MAX_CONNECTIONS_PER_PEER);
    for (let i = 0; i < 6; i++) await dial(await stranger());
    await eventually('so are those above the share', () => victim.links().length <= 0.1 * MOST + 1);
    assert.ok(victim.connected().length > 0, 'somebody got in');
    await assertSeatGetsIn();
  });

  it('lets a few new peers of an address prefix in at once, and everyone with a seat', async () => {
    victim = await peers.start('roomy victim', { maxConnections: 300 });
    victim.useSeats((peer) => peer === seat);
    const most = PREFIX_SHARES * RESOURCES.newcomers.stranger.burst;
    for (let i = 0; i < most + 3; i++) await dial(await stranger());
    await eventually('the rest is refused', () => refused('newcomers') >= 3);
    assert.ok(victim.connected().length <= most, `${victim.connected().length} got in`);
    const [known] = hosts;
    await known?.libp2p.hangUp(multiaddr(firstAddress(victim)));
    await eventually('one leaves', () => known !== undefined && !victim.connected().includes(known.self));
    await dial(known ?? (await stranger()));
    await eventually('and comes back: it is no newcomer', () =>
      victim.connected().includes(known?.self ?? ''),
    );
    await assertSeatGetsIn();
  });

  it('cuts off a key that goes on opening connections', async () => {
    const greedy = await stranger();
    await eventually('it is banned', async () => {
      await dial(greedy);
      return victim.cutOff().some(({ who }) => who === greedy.self);
    });
    assert.ok(refused('handshakes') > 0, 'it is counted');
    await assertSeatGetsIn();
  });

  it('cuts off who opens streams and asks nothing', async () => {
    await victim.handle('echo/1', (request) => Promise.resolve(request), { maxRequestBytes: 100 });
    const silent = await stranger();
    const connection = await silent.dial(firstAddress(victim));
    await eventually('it is banned', async () => {
      await connection.newStream(`/synod/test/echo/1`).catch(() => undefined);
      return victim.cutOff().some(({ who }) => who === silent.self);
    });
  });

  it('keeps its door open while others stand in it and say nothing', async () => {
    const [, , , , port] = firstAddress(victim).split('/');
    let closed = 0;
    for (let i = 0; i < MAX_PENDING_INBOUND_PER_PREFIX + 20; i++) {
      const socket = createConnection(Number(port), '127.0.0.1');
      sockets.push(socket.on('error', () => undefined).on('close', () => (closed += 1)));
    }
    await eventually('those above the share are turned away', () => closed >= 20);
    assert.ok(refused('handshakes') > 0, 'it is counted');
    let isShut = false;
    const elsewhere = createConnection({ port: Number(port), host: '127.0.0.1', localAddress: '127.0.1.1' });
    sockets.push(elsewhere.on('error', () => undefined).on('close', () => (isShut = true)));
    elsewhere.write('\x13/multistream/1.0.0\n');
    await new Promise((resolve) => elsewhere.once('data', resolve)); // the same word back: it is served
    assert.ok(!isShut, 'another address prefix has its own share');
    for (const socket of sockets) socket.destroy();
    await assertSeatGetsIn();
  });

  it('judges no more of a stranger than it may cost, and everything of a seat', async () => {
    let judged = 0;
    victim.subscribe(TOPIC, ({ relayedBy }) => {
      if (relayedBy !== seat) judged += 1;
      return 'ignore';
    });
    const attacker = await stranger();
    const connection = await attacker.dial(firstAddress(victim));
    const count = 2 * RESOURCES.judgements.stranger.burst;
    const messages = Array.from({ length: count }, (_, i) => ({
      topic: TOPIC,
      data: rebroadcastWire(text(`${i}`)),
    }));
    await attacker.rpc(connection, { messages });
    await eventually('the rest is dropped', () => refused('judgements') > 0);
    assert.ok(judged < 1.5 * RESOURCES.judgements.stranger.burst, `${judged} of ${count} were judged`);
    await assertSeatGetsIn();
  });

  it('answers so many questions of a stranger, and then says that it is busy', async () => {
    await victim.handle('echo/1', (request) => Promise.resolve(request), { maxRequestBytes: 100 });
    const asking = await peers.start('asking', { bootstrap: [firstAddress(victim)] });
    await eventually('connected', () => asking.connected().includes(victim.self));
    let [answered, busy] = [0, 0];
    for (let i = 0; i < 2 * RESOURCES.questions.stranger.burst; i++) {
      await asking.request(victim.self, 'echo/1', text('?'), { signal: NEVER, maxResponseBytes: 10 }).then(
        () => (answered += 1),
        () => (busy += 1),
      );
    }
    assert.ok(
      answered >= RESOURCES.questions.stranger.burst / 2 && busy > 0,
      `${answered} answered, ${busy} not`,
    );
    assert.ok(refused('questions') > 0, 'it is counted');
  });

  it('fills no table above its bound, and says who is cut off', async () => {
    const attacker = await stranger();
    const connection = await attacker.dial(firstAddress(victim));
    victim.subscribe(TOPIC, () => 'reject');
    const messages = Array.from({ length: 10 }, (_, i) => ({
      topic: TOPIC,
      data: rebroadcastWire(text(`bad ${i}`)),
    }));
    await attacker.rpc(connection, { messages });
    await eventually('it is banned', () => victim.cutOff().some(({ who }) => who === attacker.self));
    assert.deepEqual(
      Object.keys(victim.sizes()).sort(),
      Object.keys(NETWORK_TABLES).sort(),
      'all are told of',
    );
    for (const [name, size] of Object.entries(victim.sizes())) {
      const table = NETWORK_TABLES[name as keyof typeof NETWORK_TABLES];
      assert.ok(size <= table.bound(), `${name}: ${size}`);
    }
  });
});
