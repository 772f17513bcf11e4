import assert from 'node:assert/strict';
import { bodyDigest } from '../../src/crypto/body-digest.ts';
import { eventually } from '../support/eventually.ts';
import { collect, firstAddress, swarm, text, TOPIC } from '../support/network.ts';

const NEVER = new AbortController().signal;

describe('libp2p transport on loopback', () => {
  const peers = swarm();
  afterEach(() => peers.stop());

  it('meshes six hosts that know one bootstrap address, and gossip reaches all of them once', async () => {
    const first = await peers.start(0);
    const bootstrap = [firstAddress(first)];
    const rest = await Promise.all([1, 2, 3, 4, 5].map((i) => peers.start(i, { bootstrap })));
    const all = [first, ...rest];
    const seen = all.map((transport) => collect(transport));
    await eventually('everybody is connected to everybody', () =>
      all.every((transport) => transport.connected().length === 5),
    );
    await eventually('everybody knows five subscribers', () =>
      all.every((transport) => transport.subscribers(TOPIC).length === 5),
    );
    const receipt = await all[3]?.publish(TOPIC, text('hello'));
    assert.ok((receipt?.recipients ?? 0) > 0, 'somebody got it');
    await eventually('all the others have it', () =>
      seen.every((messages, i) => i === 3 || messages.length === 1),
    );
    assert.deepEqual(seen[3], [], 'own messages do not come back');
    assert.ok(
      all.every(
        (transport) => transport.traffic().sentBytes > 1_000 && transport.traffic().receivedBytes > 1_000,
      ),
      'traffic is counted',
    );
    assert.deepEqual(
      all.flatMap((transport) => transport.diagnose()),
      [],
      'nothing to complain about',
    );
  });

  it('answers requests and serves bodies', async () => {
    const a = await peers.start('a');
    const b = await peers.start('b', { bootstrap: [firstAddress(a)] });
    await eventually('connected', () => b.connected().includes(a.self));
    await a.handle('echo/1', async (request, from) => text(`${from}:${new TextDecoder().decode(request)}`), {
      maxRequestBytes: 100,
    });
    const answer = await b.request(a.self, 'echo/1', text('ping'), {
      signal: NEVER,
      maxResponseBytes: 1_000,
    });
    assert.equal(new TextDecoder().decode(answer), `${b.self}:ping`, 'request and sender arrive');
    const body = Uint8Array.from({ length: 1_000_003 }, (_, i) => (i * 7 + (i >> 9)) & 255);
    const digest = bodyDigest(body);
    await a.serveBodies({ get: (wanted) => (wanted === digest ? body : undefined) });
    const fetched = await b.fetchBody(digest, body.length, [a.self], { signal: NEVER });
    assert.equal(Buffer.compare(fetched, body), 0, 'the same bytes');
  });
}).timeout(60_000);
