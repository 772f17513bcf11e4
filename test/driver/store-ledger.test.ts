import assert from 'node:assert/strict';
import { RecordCodec } from '../../src/messages/record-codec.ts';
import { genesisChain } from '../../src/protocol/chain/chain.ts';
import { SETTLEMENT_ROUNDS } from '../../src/protocol/limits.ts';
import type { RoundMemory } from '../../src/protocol/saved-state.ts';
import { fromApplication } from '../../src/driver/application-port.ts';
import type { Environment } from '../../src/driver/environment.ts';
import type { LedgerPort, LoadedLedger } from '../../src/driver/ledger-port.ts';
import { Recovery } from '../../src/driver/recovery.ts';
import { StoreLedger } from '../../src/driver/store-ledger.ts';
import { openMemoryStore } from '../../src/storage/open-store.ts';
import type { Store } from '../../src/storage/store.ts';
import {
  CONFIG,
  TinyApplication,
  makeHistory,
  storeHistory,
  type MadeRound,
} from '../support/certified-history.ts';

const ROUNDS = 40;

describe('store ledger', () => {
  let made: MadeRound[];
  const fail = (error: unknown): void => {
    throw error as Error;
  };
  const open = (store: Store, fresh = true): StoreLedger => new StoreLedger(store, CONFIG, { fresh }, fail);
  const empty = (): Promise<Store> => openMemoryStore({ experiment: CONFIG.experiment });
  const load = (ledger: LedgerPort): Promise<LoadedLedger> => new Promise((done) => ledger.load(done));
  const memory = (round: number, view: number): RoundMemory => {
    const { anchor } = made[round]?.before ?? { anchor: '' };
    return { round, anchor, abandons: [], attempt: 0, view, votes: [] };
  };

  before(async () => {
    made = await makeHistory(ROUNDS);
  });

  it('tells a first start from a lost disk', async () => {
    const first = await load(open(await empty()));
    assert.deepEqual(
      first,
      { chain: undefined, decisions: [], memories: [], amnesiac: false },
      'a first start',
    );
    const store = await empty();
    const lost = open(store, false);
    assert.equal((await load(lost)).amnesiac, true, 'the key is older than the store');
  });

  it('gives back the rounds that others may ask about and the newest memories', async () => {
    const store = await empty();
    await storeHistory(store, made.slice(0, 10));
    const ledger = open(store);
    await new Promise<void>((done) => ledger.saveMemory(memory(9, 0), 0, done));
    await new Promise<void>((done) => ledger.saveMemory(memory(10, 1), 0, done));
    await new Promise<void>((done) => ledger.saveMemory(memory(10, 2), 10, done));
    const loaded = await load(open(store));
    assert.equal(loaded.chain?.round, 0, 'all of so few');
    assert.deepEqual(
      loaded.decisions.map(({ decision }) => decision.value.round),
      made.slice(0, 10).map(({ before }) => before.round),
      'and every decision after it',
    );
    assert.deepEqual(loaded.memories, [memory(10, 2)], 'replaced, and the old one dropped');
    assert.equal(loaded.amnesiac, false, 'nothing is lost');
  });

  it('takes another checkpoint where one is damaged', async () => {
    const store = await empty();
    await storeHistory(store, made.slice(0, 10));
    await store.saveCheckpoint({ round: 8, about: new Uint8Array(3), state: new Uint8Array(3) });
    await store.saveCheckpoint({ round: 0, about: new Uint8Array(3), state: new Uint8Array(3) });
    const loaded = await load(open(store));
    assert.equal(loaded.chain?.round, 4, 'the one between');
    assert.equal(loaded.decisions.length, 6, 'and all the decisions after it');
  });

  it('stops the peer when a write fails: it must not sign on', async () => {
    const store = await empty();
    await store.close();
    const failures: unknown[] = [];
    let isDone = false;
    await new Promise<void>((resolve) => {
      const ledger = new StoreLedger(store, CONFIG, { fresh: true }, (error) => {
        failures.push(error);
        resolve();
      });
      ledger.saveMemory(memory(0, 0), 0, () => (isDone = true));
    });
    assert.deepEqual([failures.length, isDone], [1, false], 'told, and nothing behind the write happens');
  });

  it('has on the disk with a memory what was held for it, and nothing of it before', async () => {
    const store = await empty();
    const ledger = open(store);
    const body = new Uint8Array(10).fill(7);
    const [first, second] = ['aa'.repeat(32), 'bb'.repeat(32)] as const;
    ledger.holdContributions(0, [{ digest: first, body }], -16);
    ledger.holdContributions(0, [{ digest: second, body }], -16);
    assert.deepEqual([await store.contribution(first), await store.memories()], [undefined, []]);
    await new Promise<void>((done) => ledger.saveMemory(memory(0, 0), 0, done));
    assert.deepEqual([await store.contribution(first), await store.contribution(second)], [body, body]);
  });

  for (const interval of [1, 3, 10, 16, 25]) {
    it(`leads back ${SETTLEMENT_ROUNDS} rounds from every round, with a checkpoint every ${interval}`, async () => {
      const store = await empty();
      const codec = new RecordCodec(CONFIG);
      const application = new TinyApplication();
      const port = fromApplication(application, fail);
      const ledger = open(store);
      const environment = { application: port, ledger } as unknown as Environment;
      const recovery = new Recovery(environment);
      const rewind = (round: number): Promise<[number | undefined, string]> =>
        new Promise((done) => recovery.rewind(round, (to, digest) => done([to, digest])));
      const save = async (chain: MadeRound['before']): Promise<void> => {
        const about = codec.encodeChain(chain);
        await store.saveCheckpoint({ round: chain.round, about, state: await application.checkpoint() });
      };
      await save(genesisChain(CONFIG));
      for (const { before, decision, update, after } of made) {
        const record = codec.encodeDecision({ decision, seed: before.seed });
        const saved = { digest: decision.outcome.updateDigest, body: update };
        await store.saveDecisions([{ round: before.round, decision: record, update: saved }], false);
        await application.apply({ round: before.round, seed: before.seed }, update);
        recovery.applied(before.round);
        if (after.round % interval === 0) await save(after);
        const back = Math.max(0, after.round - SETTLEMENT_ROUNDS);
        const certified = made[back]?.before.applicationDigest;
        assert.deepEqual(await rewind(back), [back, certified], `from round ${after.round} to ${back}`);
        assert.deepEqual(
          await rewind(after.round),
          [after.round, after.applicationDigest],
          `and forward to ${after.round}`,
        );
        const { chain, decisions } = await load(open(store));
        assert.ok((chain?.round ?? 0) <= back, `a restart at ${after.round} knows round ${back}`);
        assert.equal((chain?.round ?? 0) + decisions.length, after.round, 'and all after it');
      }
    });
  }
});
