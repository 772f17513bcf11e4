import assert from 'node:assert/strict';
import { RecordCodec } from '../../src/messages/record-codec.ts';
import { REAL_SCHEMES } from '../../src/protocol/verification/light-verification.ts';
import { Verifier } from '../../src/protocol/verification/verifier.ts';
import { openMemoryStore } from '../../src/storage/open-store.ts';
import { StoreError, type Store } from '../../src/storage/store.ts';
import { StoredHistory, type Records } from '../../src/driver/stored-history.ts';
import { CONFIG, makeHistory, storeHistory, type MadeRound } from '../support/certified-history.ts';

const ROUNDS = 8;

type Read = () => Promise<Uint8Array | undefined>;

async function all<T>(steps: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const step of steps) found.push(step);
  return found;
}

describe('stored history', () => {
  let made: MadeRound[];
  let store: Store;
  const roundsOf = async (history: StoredHistory, from?: number): Promise<number[]> =>
    (await all(history.decisions(from))).map(({ decision }) => decision.value.round);
  /** A store in which the records of one round read as something else. */
  const spoilt = (round: number, read: () => Promise<undefined>, decision = read as Read): Records => ({
    checkpoints: () => store.checkpoints(),
    checkpoint: (at) => (at === round ? read() : store.checkpoint(at)),
    aboutCheckpoint: (at) => (at === round ? read() : store.aboutCheckpoint(at)),
    decision: (at) => (at === round ? decision() : store.decision(at)),
  });
  const nothing = (): Promise<undefined> => Promise.resolve(undefined);
  const damaged = (): Promise<undefined> => Promise.reject(new StoreError('damaged', 'd/4 is damaged'));

  before(async () => {
    made = await makeHistory(ROUNDS);
    store = await openMemoryStore({ experiment: CONFIG.experiment });
    await storeHistory(store, made);
  });

  it('gives decisions from a round on, up to the first that is missing or is none', async () => {
    const history = new StoredHistory(store, CONFIG);
    assert.deepEqual(await roundsOf(history), [0, 1, 2, 3, 4, 5, 6, 7]);
    assert.deepEqual(await roundsOf(history, 6), [6, 7]);
    assert.deepEqual(await roundsOf(history, ROUNDS), []);
    assert.deepEqual(await roundsOf(new StoredHistory(spoilt(3, nothing), CONFIG)), [0, 1, 2]);
    const garbage = spoilt(3, nothing, () => Promise.resolve(Uint8Array.of(1, 2, 3)));
    assert.deepEqual(await roundsOf(new StoredHistory(garbage, CONFIG)), [0, 1, 2]);
  });

  it('throws at a damaged record, or counts it as missing and tells', async () => {
    const records = spoilt(4, damaged);
    await assert.rejects(roundsOf(new StoredHistory(records, CONFIG)), /d\/4 is damaged/);
    const told: string[] = [];
    const history = new StoredHistory(records, CONFIG, {
      onDamage: (error, round) => told.push(`${round}: ${(error as Error).message}`),
    });
    assert.deepEqual(await roundsOf(history), [0, 1, 2, 3]);
    assert.deepEqual(told, ['4: d/4 is damaged']);
  });

  it('finds the newest checkpoint that can be read', async () => {
    const [newest, older] = (await store.checkpoints()) as [number, number];
    assert.equal((await new StoredHistory(store, CONFIG).newestCheckpoint(Infinity))?.chain.round, newest);
    assert.equal((await new StoredHistory(store, CONFIG).newestCheckpoint(newest - 1))?.chain.round, older);
    const history = new StoredHistory(spoilt(newest, damaged), CONFIG, { onDamage: () => undefined });
    assert.equal((await history.checkpointChain(older))?.round, older);
    assert.equal(await history.checkpointChain(newest), undefined);
    assert.equal((await history.newestCheckpoint(Infinity))?.chain.round, older);
    assert.equal(await history.newestCheckpoint(-1), undefined);
  });

  it('gives each decision with the chain before and after it, and ends at the first that is wrong', async () => {
    const verifier = new Verifier(CONFIG, REAL_SCHEMES);
    const steps = await all(new StoredHistory(store, CONFIG).checked(CONFIG, verifier));
    assert.deepEqual(
      steps.map(({ before, check }) => [before, check.ok ? check.next : check.fault]),
      made.map(({ before, after }) => [before, after]),
    );
    const { decision, before } = made[5] as MadeRound;
    const wrong = { ...decision, outcome: { ...decision.outcome, updateByteLength: 1 } };
    const record = new RecordCodec(CONFIG).encodeDecision({ decision: wrong, seed: before.seed });
    const forged = new StoredHistory(
      spoilt(5, nothing, () => Promise.resolve(record)),
      CONFIG,
    );
    const checks = (await all(forged.checked(CONFIG, verifier))).map(({ check }) => check);
    assert.equal(checks.length, 6);
    assert.deepEqual(checks.at(-1), { ok: false, fault: 'bad-certificate' });
  });

  it('gives the rosters around each decision without knowing the model', async () => {
    const genesis = { ...CONFIG.genesis, applicationDigest: '0'.repeat(64) };
    const steps = await all(new StoredHistory(store, CONFIG).rosters({ ...CONFIG, genesis }));
    assert.deepEqual(
      steps.map(({ before, after }) => [before, after]),
      made.map(({ before, after }) => [before.roster, after.roster]),
    );
  });
});
