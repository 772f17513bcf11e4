import assert from 'node:assert/strict';
import { bodyDigest } from '../../src/crypto/body-digest.ts';
import { eventually } from '../support/eventually.ts';
import { collect, firstAddress, swarm, text, TOPIC } from '../support/network.ts';

const HOSTS = 50;

describe('fifty hosts over the memory transport', () => {
  const peers = swarm({
    transport: 'memory',
    targetConnections: 6,
    gossip: { degree: 4, low: 3, high: 8, heartbeatMs: 500 },
  });
  afterEach(() => peers.stop());

  it('find each other through one of them, and a message and a body reach all', async () => {
    const first = await peers.start(0);
    const bootstrap = [firstAddress(first)];
    const rest = await Promise.all(
      Array.from({ length: HOSTS - 1 }, (_, i) => peers.start(i + 1, { bootstrap })),
    );
    const all = [first, ...rest];
    const seen = all.map((transport) => collect(transport));
    await eventually(
      'everybody has more than the one connection',
      () => all.every((t) => t.connected().length > 1),
      40_000,
    );
    let round = 0;
    await eventually(
      'one message reaches all',
      async () => {
        const word = `round ${round++}`;
        await all[HOSTS - 1]?.publish(TOPIC, text(word));
        await new Promise((resolve) => setTimeout(resolve, 500));
        return seen.every((messages, i) => i === HOSTS - 1 || messages.includes(word));
      },
      40_000,
    );
    const body = Uint8Array.from({ length: 300_000 }, (_, i) => i & 255);
    const digest = bodyDigest(body);
    await all[7]?.serveBodies({ get: (wanted) => (wanted === digest ? body : undefined) });
    const holder = all[7]?.self ?? '';
    const signal = AbortSignal.timeout(20_000);
    const askers = all.filter((_, i) => [3, 21, 49].includes(i));
    const fetched = await Promise.all(
      askers.map((transport) => transport.fetchBody(digest, body.length, [holder], { signal })),
    );
    assert.ok(
      fetched.length === 3 && fetched.every((one) => Buffer.compare(one, body) === 0),
      'wherever the holder was, it was found',
    );
  }).timeout(90_000);
});
