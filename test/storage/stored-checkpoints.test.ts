import assert from 'node:assert/strict';
import { bodyDigest, PIECE_BYTES, pieceOf } from '../../src/crypto/body-digest.ts';
import { SERVED_STAYS_MS } from '../../src/storage/kept-checkpoints.ts';
import { MemoryKeyValue, MemoryWitness } from '../../src/storage/memory-key-value.ts';
import { SealedRecords } from '../../src/storage/sealed-records.ts';
import { StoredCheckpoints } from '../../src/storage/stored-checkpoints.ts';

const stateOf = (round: number): Uint8Array => new Uint8Array(2 * PIECE_BYTES + 3).fill(round);

describe('checkpoints on the disk', () => {
  let nowMs: number;
  let stored: StoredCheckpoints;

  beforeEach(async () => {
    nowMs = 0;
    const records = new SealedRecords(new MemoryKeyValue(), new MemoryWitness());
    await records.check();
    stored = new StoredCheckpoints(records, () => nowMs);
  });

  const save = (round: number): Promise<void> =>
    stored.save({ round, about: Uint8Array.of(round), state: stateOf(round) });
  const serve = async (round: number): Promise<void> => {
    const body = await stored.body(bodyDigest(stateOf(round)));
    assert.deepEqual(await body?.piece(1), pieceOf(stateOf(round), 1), `a piece of ${round}`);
  };

  it('stay as long as somebody fetches them, and no longer', async () => {
    for (const round of [0, 20]) await save(round);
    for (let round = 40; round <= 120; round += 20) {
      await serve(20);
      nowMs += SERVED_STAYS_MS - 1;
      await save(round);
      assert.ok((await stored.rounds()).includes(20), `at ${round}`);
    }
    nowMs += 1;
    await save(140);
    assert.ok(!(await stored.rounds()).includes(20), 'nobody has asked for a piece since');
    assert.equal(await stored.body(bodyDigest(stateOf(20))), undefined);
    await serve(140);
  });

  it('stay one at a time: of two that are fetched, that of which a piece was asked for last', async () => {
    for (const round of [0, 20, 40, 60]) {
      await save(round);
      await serve(round);
    }
    await serve(40);
    await save(80);
    assert.deepEqual(await stored.rounds(), [80, 60, 40]);
  });
});
