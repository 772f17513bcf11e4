import { strict as assert } from 'node:assert';
import { MeshWatch } from '../../src/network/mesh-watch.ts';
import type { NetworkHost } from '../../src/network/network-host.ts';

const PEER = '12D3KooWpeer';
const GRACE_MS = 1_000;

/** A host that is connected to one peer, whose gossip stream is open or not; it notes when the peer is dropped. */
function watched(utilization = 0): {
  readonly lookUntil: (endMs: number) => number[];
  readonly setClock: (toMs: number) => void;
  readonly hear: (isHeard: boolean) => void;
} {
  const heard = new Map<string, { rawStream: { status: string } }>();
  const drops: number[] = [];
  let nowMs = 0;
  const host = {
    node: { gossip: { peers: heard, streamsOutbound: heard } },
    connectedPeers: () => [PEER],
    log: () => undefined,
    drop: () => void drops.push(nowMs),
  } as unknown as NetworkHost;
  const watch = new MeshWatch(
    host,
    GRACE_MS,
    () => true,
    () => utilization,
  );
  return {
    lookUntil: (endMs) => {
      for (; nowMs <= endMs; nowMs += 100) watch.check(nowMs);
      return drops.splice(0);
    },
    setClock: (toMs) => (nowMs = toMs),
    hear: (isHeard) => {
      if (isHeard) heard.set(PEER, { rawStream: { status: 'open' } });
      else heard.delete(PEER);
    },
  };
}

describe('the watch over the mesh', () => {
  it('drops a peer that takes no part in gossip, and waits twice as long each further time', () => {
    const { lookUntil } = watched();
    assert.deepEqual(lookUntil(16_000), [1_000, 3_100, 7_200, 15_300]);
  });

  it('waits ten times as long while its own process has too much to do, and drops it in the end', () => {
    const { lookUntil } = watched(1);
    assert.deepEqual(lookUntil(9_900), []);
    assert.deepEqual(lookUntil(15_000), [10_000]);
  });

  it('drops it as soon where the clock is set back meanwhile', () => {
    const { lookUntil, setClock } = watched();
    assert.deepEqual(lookUntil(500), []);
    setClock(-3_600_000);
    assert.deepEqual(lookUntil(-3_599_000), [-3_599_500]);
  });

  it('is as quick as before with one that took part meanwhile', () => {
    const { lookUntil, hear } = watched();
    assert.deepEqual(lookUntil(5_000), [1_000, 3_100]);
    hear(true);
    assert.deepEqual(lookUntil(6_000), []);
    hear(false);
    assert.deepEqual(lookUntil(7_500), [7_100]);
  });
});
