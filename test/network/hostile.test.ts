import assert from 'node:assert/strict';
import { generateKeyPairSync, sign, verify } from 'node:crypto';
import type { GossipSub } from '@chainsafe/libp2p-gossipsub';
import type { Connection, Stream } from '@libp2p/interface';
import { firstWire, rebroadcastWire } from '../../src/network/gossip-wire.ts';
import { RESOURCES } from '../../src/network/budget-table.ts';
import { bodyDigest } from '../../src/crypto/body-digest.ts';
import { present } from '../../src/foundation/assert.ts';
import { encodeBodyRequest } from '../../src/network/body-wire.ts';
import {
  MAX_CONTROL_FRAMES,
  MAX_MUXER_QUEUE_BYTES,
  MAX_PIECES_PER_RUN,
  MAX_RPC_FRAME_BYTES,
  MAX_STREAMS_PER_PROTOCOL,
} from '../../src/network/limits.ts';
import { SeededRandom } from '../../src/foundation/seeded-random.ts';
import type { Transport } from '../../src/network/transport.ts';
import { askWithHugeWindow, deafen, pingUnread } from '../support/deaf-peer.ts';
import { eventually } from '../support/eventually.ts';
import { collect, firstAddress, OTHER_TOPIC, swarm, text, TOPIC } from '../support/network.ts';
import { rawHost } from '../support/raw-host.ts';
import type { RawHost, RawHostOptions } from '../support/raw-host.ts';

const NEVER = new AbortController().signal;

/** The gossipsub behind a transport, to see what a stranger made it keep. */
function insides(transport: Transport): GossipSub {
  return (transport as unknown as { host: { node: { gossip: GossipSub } } }).host.node.gossip;
}

function sizes(gossip: GossipSub): { topics: number; seen: number; cached: number } {
  const open = gossip as unknown as {
    topics: Map<string, unknown>;
    seenCache: { entries: Map<string, unknown> };
    mcache: { msgs: Map<string, unknown> };
  };
  return { topics: open.topics.size, seen: open.seenCache.entries.size, cached: open.mcache.msgs.size };
}

describe('hostile peers on loopback', () => {
  const peers = swarm({ times: { requestReadMs: 400, stallMs: 600, mutedMs: 1_000 } });
  const strangers: RawHost[] = [];
  let victim: Transport;

  async function stranger(options?: RawHostOptions): Promise<RawHost> {
    const host = await rawHost(options);
    strangers.push(host);
    return host;
  }

  /** The victim still answers an honest peer. */
  async function assertAlive(why: string): Promise<void> {
    const honest = await peers.start(`honest ${why}`, { bootstrap: [firstAddress(victim)] });
    await eventually('the honest peer is connected', () => honest.connected().includes(victim.self));
    const answer = await honest.request(victim.self, 'echo/1', text('alive?'), {
      signal: NEVER,
      maxResponseBytes: 10,
    });
    assert.equal(new TextDecoder().decode(answer), 'alive?', why);
    await honest.stop();
  }

  beforeEach(async () => {
    victim = await peers.start('victim');
    await victim.handle('echo/1', async (request) => request, { maxRequestBytes: 1_000 });
    await victim.handle('big/1', async () => new Uint8Array(4_000_000), { maxRequestBytes: 10 });
    await victim.serveBodies({ get: () => undefined });
  });

  afterEach(async () => {
    await Promise.all(strangers.splice(0).map((host) => host.stop()));
    await peers.stop();
  });

  it('keeps its topic map as it is under a flood of topics', async () => {
    collect(victim);
    const before = sizes(insides(victim));
    const attacker = await stranger();
    const connection = await attacker.dial(firstAddress(victim));
    const flood = Array.from({ length: 40 }, (_, frame) => ({
      subscriptions: Array.from({ length: 500 }, (_, i) => ({
        subscribe: true,
        topic: `flood ${frame} ${i}`,
      })),
      messages: Array.from({ length: 20 }, (_, i) => ({ topic: `flood ${frame} ${i}`, data: text('x') })),
    }));
    await attacker.rpc(connection, ...flood, { subscriptions: [{ subscribe: true, topic: OTHER_TOPIC }] });
    await eventually('the last frame was read', () =>
      victim.subscribers(OTHER_TOPIC).includes(attacker.self),
    );
    const after = sizes(insides(victim));
    assert.ok(after.topics <= before.topics + 1, `topics: ${before.topics} before, ${after.topics} after`);
    assert.equal(after.cached, 0, 'no message of an unknown topic is kept');
    await assertAlive('topic flood');
  });

  it('bounds what a flood of small messages leaves behind, and bans the sender', async () => {
    let judged = 0;
    victim.subscribe(TOPIC, () => {
      judged += 1;
      return 'ignore';
    });
    const attacker = await stranger();
    const connection = await attacker.dial(firstAddress(victim));
    const frames = Array.from({ length: 120 }, (_, frame) => ({
      messages: Array.from({ length: 400 }, (_, i) => ({
        topic: TOPIC,
        data: firstWire(text(`${frame} ${i}`)),
      })),
    }));
    await attacker.rpc(connection, ...frames);
    await eventually('the sender is banned', () =>
      peers.logs.some((entry) => entry.message.includes('is banned')),
    );
    await eventually('and disconnected', () => !victim.connected().includes(attacker.self));
    const { seen } = sizes(insides(victim));
    assert.ok(seen <= 1.5 * RESOURCES.messages.seat.burst, `of 48,000 ids ${seen} are remembered`);
    assert.ok(judged <= seen, 'and no more were judged');
    await assert.rejects(
      attacker.dial(firstAddress(victim)).then(stillOpen),
      'the banned peer does not come back',
    );
    await assertAlive('message flood');
  });

  it('does not keep messages of an allowed topic that it has not joined', async () => {
    const attacker = await stranger();
    const connection = await attacker.dial(firstAddress(victim));
    await attacker.rpc(
      connection,
      {
        messages: Array.from({ length: 200 }, (_, i) => ({
          topic: OTHER_TOPIC,
          data: firstWire(text(`${i}`)),
        })),
      },
      { subscriptions: [{ subscribe: true, topic: OTHER_TOPIC }] },
    );
    await eventually('all was read', () => victim.subscribers(OTHER_TOPIC).includes(attacker.self));
    assert.equal(sizes(insides(victim)).cached, 0, 'nothing is cached');
  });

  for (const key of ['RSA', 'secp256k1'] as const) {
    it(`refuses a peer with an ${key} key, in both directions`, async () => {
      const attacker = await stranger({ key, listen: true });
      await assert.rejects(attacker.dial(firstAddress(victim)).then(stillOpen), 'inbound');
      assert.ok(!victim.connected().includes(attacker.self), 'no connection is left');
      const address = String(attacker.libp2p.getMultiaddrs()[0]);
      assert.throws(
        () => victim.keepConnected([address]),
        /only Ed25519 keys are used/,
        'told where it is named',
      );
      victim.keepConnected([address.slice(0, address.indexOf('/p2p/'))]);
      await eventually('the dial is refused by us', () =>
        victim.diagnose().some((line) => line.includes('refused by our own gate')),
      );
      assert.ok(!victim.connected().includes(attacker.self), 'outbound');
    });
  }

  it('accepts the same stranger with an Ed25519 key', async () => {
    const attacker = await stranger();
    await attacker.dial(firstAddress(victim));
    await eventually('it is connected', () => victim.connected().includes(attacker.self));
  });

  it('cannot be kept from an honest message by a relay that alters, re-signs or renumbers it', async () => {
    const { publicKey, privateKey } = generateKeyPairSync('ed25519');
    const word = text('the honest vote');
    const payload = Buffer.concat([sign(null, word, privateKey), word]);
    const accepted: string[] = [];
    victim.subscribe(TOPIC, ({ data }) => {
      if (!verify(null, data.subarray(64), publicKey, data.subarray(0, 64))) return 'reject';
      accepted.push(new TextDecoder().decode(data.subarray(64)));
      return 'accept';
    });
    const relay = await stranger();
    const connection = await relay.dial(firstAddress(victim));
    const altered = Buffer.from(payload);
    altered[70] = 0;
    const wire = firstWire(payload);
    const signed = {
      topic: TOPIC,
      data: wire,
      seqno: new Uint8Array(8),
      from: relay.libp2p.peerId.toMultihash().bytes,
    };
    await relay.rpc(
      connection,
      { messages: [{ topic: TOPIC, data: firstWire(altered) }] },
      { messages: [{ ...signed, signature: new Uint8Array(64) }] },
      { messages: [{ topic: TOPIC, data: rebroadcastWire(altered) }] },
      { subscriptions: [{ subscribe: true, topic: OTHER_TOPIC }] },
    );
    await eventually('the relay has done its worst', () =>
      victim.subscribers(OTHER_TOPIC).includes(relay.self),
    );
    assert.deepEqual(accepted, [], 'nothing honest came from it');
    const author = await peers.start('author', { bootstrap: [firstAddress(victim)] });
    await eventually('the author is connected', () => author.subscribers(TOPIC).includes(victim.self));
    await author.publish(TOPIC, payload);
    await eventually('the honest message is accepted', () => accepted.length === 1);
    assert.deepEqual(accepted, ['the honest vote'], 'once');
  });

  it('drops the connection of a peer that muted itself by an oversized frame, so that both start anew', async () => {
    const attacker = await stranger();
    const connection = await attacker.dial(firstAddress(victim));
    await attacker.rpc(connection, new Uint8Array(MAX_RPC_FRAME_BYTES + 1));
    await eventually('the victim lets go of it', () => !victim.connected().includes(attacker.self));
    await eventually('and says why', () =>
      peers.logs.some((entry) => entry.message.includes('takes no part in gossip')),
    );
  });

  it('answers a greedy IWANT in frames that its receiver can take', async () => {
    const author = await peers.start('author', {
      bootstrap: [firstAddress(victim)],
      gossip: { heartbeatMs: 1_000 },
    });
    collect(victim);
    await eventually('the author knows the victim', () => author.subscribers(TOPIC).includes(victim.self));
    const big = new Uint8Array(100_000);
    for (let i = 0; i < 50; i++) {
      big[0] = i;
      await author.publish(TOPIC, Uint8Array.from(big));
    }
    const gossip = insides(author);
    const ids = [...(gossip as unknown as { mcache: { msgs: Map<string, unknown> } }).mcache.msgs.keys()];
    assert.ok(ids.length >= 50, 'five megabytes are in the cache');
    const reader = await stranger();
    const got: number[] = [];
    const receive = reader.gossip.handleReceivedRpc.bind(reader.gossip);
    reader.gossip.handleReceivedRpc = async (from, rpc) => {
      if (rpc.messages.length > 0) got.push(rpc.messages.reduce((sum, m) => sum + (m.data?.length ?? 0), 0));
      return receive(from, rpc);
    };
    const connection = await reader.dial(firstAddress(author));
    const messageIDs = ids.map((id) => Uint8Array.from(Buffer.from(id, 'base64')));
    const none = { ihave: [], graft: [], prune: [], idontwant: [] };
    await eventually('the reader has its gossip stream', () =>
      insides(author).streamsOutbound.has(reader.self),
    );
    await reader.rpc(connection, { control: { ...none, iwant: [{ messageIDs }] } });
    await eventually('everything came', () => got.reduce((sum, bytes) => sum + bytes, 0) >= 50 * 100_000);
    assert.ok(got.length >= 5, `in ${got.length} frames`);
    assert.ok(Math.max(...got) <= 1_048_576 + 100_008, `the largest with ${Math.max(...got)} bytes`);
  });

  it('survives garbage on every protocol that it speaks', async () => {
    const random = new SeededRandom('garbage');
    const attacker = await stranger();
    const connection = await attacker.dial(firstAddress(victim));
    const protocols = await eventually('the attacker knows the protocols', async () => {
      const { protocols } = await attacker.libp2p.peerStore.get(connection.remotePeer);
      return protocols.includes('/synod/test/bodies/1') && protocols;
    });
    assert.ok(protocols.length >= 8, `protocols: ${protocols.join(' ')}`);
    for (const protocol of protocols) {
      for (let round = 0; round < 3; round++) {
        const garbage = Uint8Array.from({ length: 1 + random.nextBelow(3_000) }, () => random.nextBelow(256));
        const stream = await connection.newStream(protocol).catch(() => undefined);
        await stream?.sink([garbage]).catch(() => undefined);
      }
    }
    await assertAlive('garbage');
  });

  it('ends half-open streams and slow requests, and serves others meanwhile', async () => {
    const attacker = await stranger();
    const connection = await attacker.dial(firstAddress(victim));
    const open: Stream[] = [];
    for (let i = 0; i < MAX_STREAMS_PER_PROTOCOL + 20; i++) {
      const stream = await connection
        .newStream('/synod/test/echo/1', { maxOutboundStreams: 1_000 })
        .catch(() => undefined);
      if (stream === undefined) continue;
      open.push(stream);
      // Every second stream trickles a byte of a long request now and then
      if (i % 2 === 0) void stream.sink(trickle()).catch(() => undefined);
    }
    assert.ok(open.length > MAX_STREAMS_PER_PROTOCOL / 2, `${open.length} streams opened`);
    await assertAlive('half-open streams');
    await eventually('the victim ended all of them', () => inbound(victim, attacker.self) === 0, 5_000);
  });

  it('gives up on a peer that asks and never reads', async () => {
    const attacker = await stranger();
    const connection = await attacker.dial(firstAddress(victim));
    const streams: Stream[] = [];
    for (let i = 0; i < 8; i++) {
      const stream = await connection.newStream('/synod/test/big/1');
      void stream.sink([Uint8Array.of(1, 0)]).catch(() => undefined);
      streams.push(stream);
    }
    await assertAlive('unread answers');
    // an answer is longer than what flow control lets pass unread, so it cannot end in any other way
    await eventually('the victim gave up on all of them', () =>
      streams.every(({ timeline }) => timeline.reset !== undefined),
    );
    await eventually('none is left', () => inbound(victim, attacker.self) === 0);
  });

  it('holds little for a peer that grants huge windows and reads nothing, and ends its connection when it has it answer on', async () => {
    const body = new Uint8Array(16 << 20);
    const digest = bodyDigest(body);
    await victim.serveBodies({ get: (wanted) => (wanted === digest ? body : undefined) });
    const attacker = await stranger();
    const connection = await attacker.dial(firstAddress(victim));
    await eventually('it is let in', () => victim.connected().includes(attacker.self));
    deafen(connection);
    const request = encodeBodyRequest({ kind: 'list', digest, count: MAX_PIECES_PER_RUN });
    for (let stream = 0; stream < 8; stream += 1)
      await askWithHugeWindow(connection, '/synod/test/bodies/1', request);
    const unsent = (): number => present(victim.sizes()['unsent-bytes'], 'the bytes that no socket took');
    await eventually('the socket takes nothing more', () => unsent() > MAX_MUXER_QUEUE_BYTES / 2);
    await assertAlive('deaf peer'); // in which time the victim could have queued all 64 MiB
    assert.ok(unsent() <= 2 * MAX_MUXER_QUEUE_BYTES, `${unsent()} bytes wait`);
    pingUnread(connection, 2 * MAX_CONTROL_FRAMES);
    await eventually('it is left', () => !victim.connected().includes(attacker.self));
    await assertAlive('unread pings');
  });

  it('tells a greedy peer that it is busy, and others are served', async () => {
    await victim.handle('slow/1', () => new Promise(() => undefined), { maxRequestBytes: 10 });
    const greedy = await peers.start('greedy', { bootstrap: [firstAddress(victim)] });
    await eventually('connected', () => greedy.connected().includes(victim.self));
    const giveUp = new AbortController();
    const asked = Array.from({ length: 20 }, () =>
      greedy
        .request(victim.self, 'slow/1', text('x'), { signal: giveUp.signal, maxResponseBytes: 10 })
        .catch((error: { code: string }) => error.code),
    );
    const first = await Promise.race(asked);
    assert.equal(first, 'busy', 'the one too many is told so at once');
    await assertAlive('greedy peer');
    giveUp.abort();
    const codes = await Promise.all(asked);
    const placed = codes.filter((code) => code === 'aborted').length;
    assert.ok(placed >= 14 && placed <= 16, `sixteen places, less what the peer exchange holds: ${placed}`);
  });

  function inbound(transport: Transport, peer: string): number {
    const host = (transport as unknown as { host: { connections(peer: string): Connection[] } }).host;
    return host
      .connections(peer)
      .flatMap((connection) => connection.streams)
      .filter((stream) => stream.direction === 'inbound' && stream.protocol?.startsWith('/synod/') === true)
      .length;
  }
}).timeout(60_000);

/** Rejects where the other side ends the connection at once. */
async function stillOpen(connection: Connection): Promise<void> {
  await eventually('the other side ends it', () => connection.status !== 'open', 3_000);
  throw new Error('refused');
}

/** The head of a request of 100 bytes, then a byte of it every 50 ms: each is in time, the whole is not. */
async function* trickle(): AsyncGenerator<Uint8Array> {
  yield Uint8Array.of(100);
  for (let i = 0; i < 99; i++) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    yield Uint8Array.of(0);
  }
}
