import assert from 'node:assert/strict';
import { PeerKey } from '../../src/crypto/peer-key.ts';
import type { Transport } from '../../src/network/transport.ts';
import type { DirectStreams } from '../../src/network/direct-streams.ts';
import type { NetworkHost } from '../../src/network/network-host.ts';
import { TwinWatch, type Twin } from '../../src/network/twin-watch.ts';
import { decodeTwin, encodeTwin, isSigned, signLife, type SignOfLife } from '../../src/network/twin-wire.ts';
import { eventually } from '../support/eventually.ts';
import { firstAddress, keySeed, swarm } from '../support/network.ts';

const PATIENCE_MS = 15_000;

describe('two processes with one key', () => {
  const peers = swarm();
  afterEach(() => peers.stop());

  async function startPeer(label: string, bootstrap: readonly Transport[]): Promise<[Transport, Twin[]]> {
    const told: Twin[] = [];
    const transport = await peers.start(label, {
      bootstrap: bootstrap.map(firstAddress),
      targetConnections: 1,
      onTwin: (twin) => told.push(twin),
    });
    return [transport, told];
  }

  it('are told of each other by a peer that both are connected to, and who was first', async () => {
    const hub = await peers.start('hub');
    const [first, toldFirst] = await startPeer('a', [hub]);
    await first.lookForTwin(PATIENCE_MS);
    assert.deepEqual(toldFirst, [], 'alone at first');
    const [second, toldSecond] = await startPeer('a', [hub]);
    await second.lookForTwin(PATIENCE_MS);
    assert.deepEqual(
      toldSecond.map(({ role }) => role),
      ['second'],
      'before it does anything',
    );
    assert.match(toldSecond[0]?.how ?? '', /passed on its answer; it has been up for \d+ s$/, 'how');
    await eventually('the first is told', () => toldFirst.some(({ role }) => role === 'first'));
    assert.equal(toldFirst.length, 1, 'once');
  });

  it('are told by peers that are connected to each other, one to each of them', async () => {
    const left = await peers.start('left');
    const right = await peers.start('right', { bootstrap: [firstAddress(left)] });
    await eventually('connected', () => left.connected().includes(right.self));
    const [first, toldFirst] = await startPeer('a', [left]);
    await first.lookForTwin(PATIENCE_MS);
    const [second, toldSecond] = await startPeer('a', [right]);
    await second.lookForTwin(PATIENCE_MS);
    assert.deepEqual(
      toldSecond.map(({ role }) => role),
      ['second'],
      'the second',
    );
    await eventually('the first is told', () => toldFirst.length === 1);
  });

  it('are told where one dials the other', async () => {
    const [first, toldFirst] = await startPeer('a', []);
    const [, toldSecond] = await startPeer('a', [first]);
    await eventually('both are told', () => toldFirst.length > 0 && toldSecond.length > 0);
    assert.deepEqual(
      [toldFirst[0]?.role, toldSecond[0]?.role],
      ['first', 'second'],
      'who dialled came later',
    );
  });

  it('are not seen where a process is gone, and one that starts again is alone', async () => {
    const hub = await peers.start('hub');
    const [before] = await startPeer('a', [hub]);
    await before.lookForTwin(PATIENCE_MS);
    await before.stop();
    const [after, told] = await startPeer('a', [hub]);
    await after.lookForTwin(PATIENCE_MS);
    assert.deepEqual(told, [], 'nobody else');
  });

  it('are looked for no longer than stated where nobody is connected', async () => {
    const [alone] = await startPeer('a', []);
    await alone.lookForTwin(1);
  });
}).timeout(60_000);

describe('questions for a process with the same key', () => {
  it('are passed on for the first two peers that one meets, and put to the others alone', async () => {
    const asked: { readonly peer: string; readonly hops: number | undefined }[] = [];
    const streams = {
      request: (peer: string, _protocol: string, bytes: Uint8Array) => {
        asked.push({ peer, hops: decodeTwin(bytes)?.hops });
        return Promise.resolve(new Uint8Array(0));
      },
    } as unknown as DirectStreams;
    const key = new PeerKey(keySeed('asker'));
    const host = { self: key.id, connections: () => [], connectedPeers: () => [] } as unknown as NetworkHost;
    const watch = new TwinWatch(keySeed('asker'), {
      host,
      streams,
      isSeated: () => true,
      onTwin: () => undefined,
    });
    for (let i = 0; i < 20; i++) watch.meet(`peer-${i}`);
    await watch.firstAnswer(PATIENCE_MS);
    watch.stop();
    assert.equal(asked.length, 20, 'each is asked');
    assert.deepEqual(
      asked.filter(({ hops }) => hops === 1).map(({ peer }) => peer),
      ['peer-0', 'peer-1'],
      'passed on',
    );
  });
});

describe('signs of life', () => {
  const key = new PeerKey(keySeed('life'));
  const hex = 'ab'.repeat(16);
  const life: SignOfLife = { kind: 'answer', peer: key.id, instance: hex, upMs: 7, atMs: 9, nonce: hex };

  it('decode to what was encoded, and hold their signature', () => {
    const frame = { hops: 1, life, signature: signLife(key, life) };
    assert.deepEqual(decodeTwin(encodeTwin(frame)), frame, 'the same');
    assert.ok(isSigned(frame), 'signed');
  });

  it('are worth nothing where anything in them is changed', () => {
    const signature = signLife(key, life);
    const other = new PeerKey(keySeed('other')).id;
    const changes: Partial<SignOfLife>[] = [
      ...[{ kind: 'question' } as const, { peer: other }, { instance: 'cd'.repeat(16) }],
      ...[{ upMs: 8 }, { atMs: 8 }, { nonce: 'cd'.repeat(16) }],
    ];
    for (const change of changes)
      assert.ok(!isSigned({ hops: 1, life: { ...life, ...change }, signature }), JSON.stringify(change));
  });

  it('are refused where they are malformed', () => {
    const good = new TextDecoder().decode(encodeTwin({ hops: 0, life, signature: signLife(key, life) }));
    const lines = good.split('\n');
    for (const i of lines.keys()) {
      const bad = lines.map((line, k) => (k === i ? `${line}\u0000` : line)).join('\n');
      assert.equal(decodeTwin(new TextEncoder().encode(bad)), undefined, `line ${i}`);
    }
    assert.equal(decodeTwin(new TextEncoder().encode(`${good}\n`)), undefined, 'a line more');
    assert.equal(decodeTwin(new Uint8Array(1_000)), undefined, 'too long');
  });
});
