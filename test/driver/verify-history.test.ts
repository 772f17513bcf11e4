import assert from 'node:assert/strict';
import { utf8 } from '../../src/foundation/bytes.ts';
import { RecordCodec } from '../../src/messages/record-codec.ts';
import { verifyHistory, type VerifyHistoryOptions } from '../../src/driver/verify-history.ts';
import { openMemoryStore } from '../../src/storage/open-store.ts';
import type { Store } from '../../src/storage/store.ts';
import {
  CONFIG,
  TinyApplication,
  makeHistory,
  storeHistory,
  type MadeRound,
} from '../support/certified-history.ts';

const ROUNDS = 10;

describe('verify history', () => {
  const codec = new RecordCodec(CONFIG);
  let made: MadeRound[];
  let store: Store;
  const verify = (options: VerifyHistoryOptions = {}) =>
    verifyHistory(store, CONFIG, { application: new TinyApplication(), ...options });
  /** What is said about which rounds. */
  const faults = async (options: VerifyHistoryOptions = {}) =>
    (await verify(options)).faults.map(({ round, what }) => `${round}: ${what}`).join('\n');
  const roundAt = (round: number) => made[round] as MadeRound;
  const resave = (round: number, changes: Partial<MadeRound>, update?: Uint8Array) => {
    const { decision, before } = { ...roundAt(round), ...changes };
    const record = codec.encodeDecision({ decision, seed: before.seed });
    const saved =
      update === undefined ? {} : { update: { digest: decision.outcome.updateDigest, body: update } };
    return store.saveDecisions([{ round, decision: record, ...saved }], false);
  };

  before(async () => {
    made = await makeHistory(ROUNDS);
  });
  beforeEach(async () => {
    store = await openMemoryStore({ experiment: CONFIG.experiment, keepContributions: true });
    await storeHistory(store, made);
  });

  it('finds a good history right, in every respect', async () => {
    const seen: number[] = [];
    const report = await verify({ recompute: true, onRound: (round) => seen.push(round) });
    const anchor = made.at(-1)?.after.anchor;
    assert.deepEqual(report, {
      certified: ROUNDS,
      applied: ROUNDS,
      recomputed: ROUNDS,
      withoutUpdate: 0,
      withoutContributions: 0,
      droppedBelow: 0,
      checkpoints: 3,
      faults: [],
      anchor,
    });
    assert.equal(seen.length, ROUNDS, 'tells of each round');
  });

  it('checks certificates without the model', async () => {
    const report = await verify({ application: undefined });
    assert.deepEqual([report.certified, report.applied, report.faults], [ROUNDS, 0, []]);
  });

  it('holds a history against a trusted state', async () => {
    const other = roundAt(1).before.anchor;
    const trusting = (round: number, anchor: string) => faults({ trusted: { round, anchor } });
    for (const round of [0, 4, ROUNDS]) {
      const anchor = round === ROUNDS ? roundAt(ROUNDS - 1).after.anchor : roundAt(round).before.anchor;
      assert.equal(await trusting(round, anchor), '', `round ${round}: it contains it`);
    }
    assert.match(await trusting(0, other), /^0: it begins with another state than the trusted/, 'genesis');
    assert.match(await trusting(4, other), /^3: it leads to another state than the trusted/, 'in the middle');
    assert.match(
      await trusting(ROUNDS + 1, other),
      /^10: the history ends before round 11/,
      'beyond its end',
    );
  });

  it('stops at a decision that no quorum signed', async () => {
    const { decision } = roundAt(4);
    const forged = {
      ...decision,
      outcome: { ...decision.outcome, applicationDigest: roundAt(1).before.anchor },
    };
    await resave(4, { decision: forged });
    const report = await verify();
    assert.equal(report.certified, 4, 'four rounds are right');
    assert.match(report.faults.map(({ what }) => what).join(), /round|not certified/, 'and it says so');
    assert.match(await faults(), /^4: the decision is not certified: bad-certificate/m, 'where');
  });

  it('stops at a decision of another round', async () => {
    await resave(4, { decision: roundAt(5).decision });
    assert.match(await faults(), /^4: the decision is not certified: other-anchor/m);
  });

  it('notices another update, another seed', async () => {
    await resave(3, {}, roundAt(2).update);
    assert.match(await faults(), /^3: the stored update is not the certified one/m, 'update');
    await resave(3, { before: roundAt(2).before }, roundAt(3).update);
    assert.match(await faults(), /^3: the stored seed is not/m, 'seed');
  });

  it('notices a certified state that does not follow from the update', async () => {
    class Other extends TinyApplication {
      override async apply(...[context, update]: Parameters<TinyApplication['apply']>) {
        const digest = await super.apply(context, update);
        return context.round === 6 ? CONFIG.experiment : digest;
      }
    }
    assert.match(await faults({ application: new Other() }), /^6: the update leads to state/m);
  });

  it('notices an aggregate that does not follow from the contributions', async () => {
    class Other extends TinyApplication {
      override aggregate(...[context, contributions]: Parameters<TinyApplication['aggregate']>) {
        return super.aggregate(context, context.round === 6 ? contributions.slice(1) : contributions);
      }
    }
    const application = new Other();
    assert.equal(await faults({ application }), '', 'not without --recompute');
    assert.match(
      await faults({ application: new Other(), recompute: true }),
      /^6: the contributions lead to another update/m,
    );
  });

  it('counts rounds whose contributions were not kept', async () => {
    store = await openMemoryStore({ experiment: CONFIG.experiment });
    await storeHistory(store, made);
    const report = await verify({ recompute: true });
    assert.equal(report.recomputed, 3, 'the last rounds have theirs');
    assert.equal(report.withoutContributions, ROUNDS - 3, 'the others not');
    assert.deepEqual(report.faults, [], 'which is not wrong');
  });

  it('notices a checkpoint of another state', async () => {
    const chain = roundAt(8).before;
    const state = await new TinyApplication().checkpoint();
    await store.saveCheckpoint({ round: 8, about: codec.encodeChain(chain), state });
    assert.match(await faults(), /^8: the checkpoint holds state/m, 'a false state');
    await store.saveCheckpoint({ round: 8, about: codec.encodeChain(roundAt(7).before), state });
    assert.match(await faults(), /^8: the checkpoint is of another chain/m, 'a false chain');
    await store.saveCheckpoint({ round: 8, about: utf8('nonsense'), state });
    assert.match(
      await faults(),
      /^8: the checkpoint is of another chain or cannot be read/m,
      'no checkpoint',
    );
  });

  it('goes on from a checkpoint after rounds without updates, as a late peer has them', async () => {
    store = await openMemoryStore({ experiment: CONFIG.experiment });
    const application = new TinyApplication();
    for (const { before, decision, update } of made) {
      await application.apply({ round: before.round, seed: before.seed }, update);
      if (before.round >= 4) await resave(before.round, {}, update);
      else await resave(before.round, {});
      const { after } = roundAt(before.round);
      if (after.round !== 4) continue;
      const state = await application.checkpoint();
      await store.saveCheckpoint({ round: 4, about: codec.encodeChain(after), state });
      assert.equal(decision.value.round, 3, 'before round 4');
    }
    const report = await verify();
    const { certified, applied, withoutUpdate, checkpoints, faults: found } = report;
    assert.deepEqual(
      { certified, applied, withoutUpdate, checkpoints, found },
      {
        certified: ROUNDS,
        applied: ROUNDS - 4,
        withoutUpdate: 4,
        checkpoints: 1,
        found: [],
      },
    );
  });

  it('says which rounds only have their certificates left, where updates were dropped', async () => {
    const keep = { limit: { kind: 'rounds', rounds: 1 }, leastRounds: 1 } as const;
    store = await openMemoryStore({ experiment: CONFIG.experiment, keepContributions: true, keep });
    const application = new TinyApplication();
    for (const { before, after, update } of made) {
      await application.apply({ round: before.round, seed: before.seed }, update);
      await resave(before.round, {}, update);
      if (after.round !== 4) continue;
      const state = await application.checkpoint();
      await store.saveCheckpoint({ round: 4, about: codec.encodeChain(after), state });
    }
    await store.trustMemories(); // a write behind the one that drops
    const report = await verify();
    assert.equal(report.droppedBelow, 4, 'all before the oldest checkpoint');
    assert.deepEqual(
      [report.certified, report.applied, report.withoutUpdate],
      [ROUNDS, ROUNDS - 4, 4],
      'the rest is checked from that checkpoint on',
    );
    assert.deepEqual(report.faults, [], 'which is not wrong');
  });

  it('refuses a model that begins elsewhere, and a store that is damaged', async () => {
    const application = new TinyApplication();
    await application.apply({ round: 0, seed: new Uint8Array(32) }, roundAt(1).update);
    assert.match(await faults({ application }), /^0: the model begins with state/m, 'another genesis');
    const disk = { values: new Map<string, Uint8Array>(), witness: {} };
    await storeHistory(await openMemoryStore({ experiment: CONFIG.experiment }, disk), made);
    const key = [...disk.values.keys()].find((name) => name.startsWith('d/')) as string;
    disk.values.set(key, new Uint8Array(99));
    store = await openMemoryStore({ inspect: true }, disk);
    assert.match(await faults(), /^null: the stored value of d\/\S+ is damaged/m, 'damage');
  });
});
