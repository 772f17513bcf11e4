import assert from 'node:assert/strict';
import { bodyDigest } from '../../src/crypto/body-digest.ts';
import { BodiesOfProcess } from '../../src/network/bodies-of-process.ts';
import type { Transport } from '../../src/network/transport.ts';
import { eventually } from '../support/eventually.ts';
import { firstAddress, swarm } from '../support/network.ts';

const BODY = Uint8Array.from({ length: 300_000 }, (_, i) => i & 255);
const DIGEST = bodyDigest(BODY);
const PIECES = 3;
const { signal } = new AbortController();

describe('bodies of one process', () => {
  const peers = swarm({ transport: 'memory' });
  afterEach(() => peers.stop());

  async function pair(bodiesOfProcess: BodiesOfProcess): Promise<[holder: Transport, asker: Transport]> {
    const holder = await peers.start('holder', { bodiesOfProcess });
    const asker = await peers.start('asker', { bodiesOfProcess, bootstrap: [firstAddress(holder)] });
    await eventually('connected', () => asker.connected().length === 1);
    await holder.serveBodies({ get: (digest) => (digest === DIGEST ? BODY : undefined) });
    return [holder, asker];
  }

  it('are taken as they lie, and counted as if they had been sent', async () => {
    const [holder, asker] = await pair(new BodiesOfProcess());
    const before = { sent: holder.traffic().sentBytes, received: asker.traffic().receivedBytes };
    const from: string[] = [];
    const body = await asker.fetchBody(DIGEST, BODY.length, [holder.self], {
      signal,
      onPiece: (peer) => from.push(peer),
    });
    assert.equal(body, BODY, 'the very array');
    assert.deepEqual(from, Array<string>(PIECES).fill(holder.self));
    assert.ok(holder.traffic().sentBytes - before.sent >= BODY.length);
    assert.ok(asker.traffic().receivedBytes - before.received >= BODY.length);
  });

  it('are fetched as ever by hosts that do not share them', async () => {
    const [holder] = await pair(new BodiesOfProcess());
    const apart = await peers.start('apart', { bootstrap: [firstAddress(holder)] });
    await eventually('connected', () => apart.connected().includes(holder.self));
    const body = await apart.fetchBody(DIGEST, BODY.length, [holder.self], { signal });
    assert.notEqual(body, BODY);
    assert.deepEqual(Buffer.from(body), Buffer.from(BODY));
  });

  it('are not to be had of another length, of one that is not connected, or of one that has stopped', async () => {
    const shared = new BodiesOfProcess();
    const [holder, asker] = await pair(shared);
    const fetch = (byteLength: number, from: readonly string[]): Promise<Uint8Array> =>
      asker.fetchBody(DIGEST, byteLength, from, { signal: AbortSignal.timeout(2_000) });
    await assert.rejects(fetch(BODY.length - 1, [holder.self]));
    const alone = await peers.start('alone', { bodiesOfProcess: shared });
    await alone.serveBodies({ get: () => BODY });
    await assert.rejects(fetch(BODY.length, [alone.self]));
    await holder.stop();
    await assert.rejects(fetch(BODY.length, [holder.self]));
  });
});
