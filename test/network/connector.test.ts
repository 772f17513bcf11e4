/** Configured addresses are dialled as fast as there is room for it, and none again before its wait is over. */
import assert from 'node:assert/strict';
import { multiaddr } from '@multiformats/multiaddr';
import { SeededRandom } from '../../src/foundation/seeded-random.ts';
import { Connector } from '../../src/network/connector.ts';
import { MAX_PARALLEL_DIALS } from '../../src/network/limits.ts';
import type { NetworkHost } from '../../src/network/network-host.ts';
import type { PeerBook } from '../../src/network/peer-book.ts';

const ADDRESSES = Array.from({ length: 3 * MAX_PARALLEL_DIALS }, (_, i) =>
  multiaddr(`/ip4/192.0.2.1/tcp/${1_000 + i}`),
);

/** A connector that has started, and how often each address was dialled by then, where every dial ends so at once. */
async function dialsWhere(dial: () => Promise<unknown>): Promise<{ counts: number[]; most: number }> {
  const counts = new Map<string, number>();
  let [running, most] = [0, 0];
  const host = {
    ...{ self: 'self', times: { dialMs: 10_000 }, connectedPeers: () => [], addresses: () => [] },
    isConnected: () => false,
    async dial([address]: readonly { toString(): string }[]) {
      const text = String(address);
      counts.set(text, (counts.get(text) ?? 0) + 1);
      most = Math.max(most, (running += 1));
      try {
        return await dial();
      } finally {
        running -= 1;
      }
    },
  } as unknown as NetworkHost;
  const book = { due: () => [] } as unknown as PeerBook;
  const options = { targetConnections: 1, random: new SeededRandom('connector'), isBanned: () => undefined };
  const connector = new Connector(host, book, options);
  connector.keep(ADDRESSES);
  connector.start();
  for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
  connector.stop();
  return { counts: [...counts.values()], most };
}

describe('the connector', () => {
  const once = ADDRESSES.map(() => 1);

  it('dials all that it is told, some at a time, and what refuses once', async () => {
    const { counts, most } = await dialsWhere(() => Promise.reject(new Error('connect ECONNREFUSED')));
    assert.deepEqual(counts, once);
    assert.equal(most, MAX_PARALLEL_DIALS);
  });

  it('dials what answers and is gone at once as one that refuses', async () => {
    const { counts } = await dialsWhere(() => Promise.resolve({ remotePeer: 'a peer' }));
    assert.deepEqual(counts, once);
  });
});
