/** Vectors whose memory serves again and again, against plain arrays that nobody reuses: the same states, however a peer moves. */
import assert from 'node:assert/strict';
import { parseExperiment } from '../../src/config/experiment.ts';
import { encodeAgreedState } from '../../src/estimation/agreed-state.ts';
import { bytesOf } from '../../src/foundation/bytes.ts';
import { SeededRandom } from '../../src/foundation/seeded-random.ts';
import { HeldStates } from '../../src/learning/held-states.ts';
import { NewestOutcome } from '../../src/learning/newest-outcome.ts';
import { TrainingApplication } from '../../src/learning/training-application.ts';
import type { LinearAlgebra } from '../../src/linalg/linear-algebra.ts';
import { createPlainLinearAlgebra } from '../../src/linalg/plain-linear-algebra.ts';
import { createWasmLinearAlgebra } from '../../src/linalg/wasm-linear-algebra.ts';
import { createReceiver } from '../../src/round/create-receiver.ts';
import { simulatedRoster } from '../../simulations/training/training-lab.ts';

/** Long enough for vectors to serve again. */
const D = 70_003;
const WORKERS = 4;
const PARAMETERS = [{ name: 'w', shape: [D], initializer: 'zeros' }] as never;
const roster = simulatedRoster(WORKERS);

const SETTINGS: readonly Readonly<Record<string, unknown>>[] = [
  { estimator: 'sgd' },
  { estimator: 'sgd', optimizer: { learningRate: 0.3, momentum: 0.9, compensated: true } },
  { estimator: 'sgd', aggregation: { f: 1, rule: 'centered-clipping', tau: 0.5, iterations: 2 } },
  { estimator: { kind: 'momentum', clipDifferences: { relativeTo: 'step' } } },
  { estimator: 'mu2-sgd', optimizer: 0.1 },
  { estimator: { kind: 'mu2-sgd', parts: 'storm' } },
  { estimator: { kind: 'vr-marina-pp', full: { every: 3 } }, feedback: 'none' },
];

function applicationsOf(settings: Readonly<Record<string, unknown>>, linalg: LinearAlgebra, count = 1) {
  const { feedback = 'none', ...rest } = settings;
  const experiment = parseExperiment({
    ...{
      committee: { size: 1 },
      roster,
      model: { kind: 'mlp', hidden: [2] },
      data: 'glyphs',
      optimizer: 0.1,
    },
    aggregation: { f: 1, rule: 'median' },
    compression: { contribution: 'float32', update: 'bfloat16', feedback },
    ...rest,
  });
  const { receiver, estimator } = createReceiver(experiment, { parameters: PARAMETERS }, linalg);
  const states = new HeldStates(linalg.vectors?.spare, count);
  const outcome = new NewestOutcome(states);
  return Array.from({ length: count }, () => {
    const initialParameters = new Float32Array(D).map((_, i) => (i % 13) / 13);
    return new TrainingApplication({ estimator, receiver, initialParameters, states, outcome });
  });
}

const contextOf = (round: number) => ({ round, seed: new Uint8Array(32).fill(round + 1) });

function bodiesOf(round: number, salt: string, scale = 1) {
  return roster.map((worker, i) => {
    const random = new SeededRandom('held', salt, round, i);
    return { worker, body: bytesOf(Float32Array.from({ length: D }, () => scale * random.nextNormal())) };
  });
}

/** What a peer may live through: its own outcome, another's, a step back, a skip, a checkpoint; the digests on the way. */
async function live(application: TrainingApplication): Promise<string[]> {
  const digests: string[] = [];
  let round = 0;
  const play = async (salt: string, applied = salt): Promise<void> => {
    const { update, stateDigest } = await application.aggregate(contextOf(round), bodiesOf(round, salt));
    digests.push(stateDigest);
    const other =
      salt === applied ? undefined : await application.aggregate(contextOf(round), bodiesOf(round, applied));
    // a third outcome is computed and comes to nothing
    if (other !== undefined) await application.aggregate(contextOf(round), bodiesOf(round, 'third'));
    digests.push(await application.apply(contextOf(round), other?.update ?? update));
    round += 1;
  };
  await play('a');
  await play('b');
  await play('c', 'd');
  const kept = await application.checkpoint();
  digests.push(await application.stepBack());
  round -= 1;
  await play('e');
  digests.push(await application.apply(contextOf(round), new Uint8Array(0)));
  round += 1;
  await play('f');
  digests.push(await application.restore(kept));
  round -= 2;
  for (const salt of ['g', 'h', 'i']) await play(salt);
  return digests;
}

describe('a training application', () => {
  const linalg = createWasmLinearAlgebra({ threads: 2 });
  before(() => linalg.ready);
  after(() => linalg.close());

  for (const settings of SETTINGS) {
    it(`takes the memory of what it left, and nothing else: ${JSON.stringify(settings)}`, async () => {
      const [plain] = applicationsOf(settings, createPlainLinearAlgebra());
      const [reusing] = applicationsOf(settings, linalg);
      assert.deepEqual(await live(reusing!), await live(plain!));
      assert.ok(encodeAgreedState(plain!.state).length > 4 * D);
      assert.deepEqual(encodeAgreedState(reusing!.state), encodeAgreedState(plain!.state), 'byte for byte');
    });
  }

  it('leaves a state to whoever still stands there or reads it', async () => {
    const [first, second] = applicationsOf({ estimator: 'sgd' }, linalg, 2);
    const steps: Uint8Array[] = [];
    for (let round = 0; round < 5; round++) {
      const { update } = await first!.aggregate(contextOf(round), bodiesOf(round, 'x'));
      steps.push(update);
      await first!.apply(contextOf(round), update);
      if (round === 1) for (const [at, step] of steps.entries()) await second!.apply(contextOf(at), step);
    }
    const [slow] = applicationsOf({ estimator: 'sgd' }, createPlainLinearAlgebra());
    for (const [at, step] of steps.slice(0, 2).entries()) await slow!.apply(contextOf(at), step);
    assert.deepEqual(encodeAgreedState(second!.state), encodeAgreedState(slow!.state), 'two rounds behind');

    let finish: () => void = () => undefined;
    const read = second!.reading(async ({ parameters }) => {
      await new Promise<void>((resolve) => (finish = resolve));
      return parameters.slice();
    });
    for (let round = 2; round < 5; round++) await second!.apply(contextOf(round), steps[round]!);
    finish();
    assert.deepEqual(
      await read,
      slow!.state.parameters,
      'what was read is what it was when the reading began',
    );
  });

  it('shares what follows from the same bodies with the others of its process', async () => {
    const [first, second] = applicationsOf({ estimator: 'sgd' }, linalg, 2);
    const bodies = bodiesOf(0, 'z').map((body, i) => ({ ...body, bodyDigest: `body ${i}` }));
    const mine = await first!.aggregate(contextOf(0), bodies);
    const theirs = await second!.aggregate(contextOf(0), bodies);
    assert.equal(theirs.update, mine.update, 'the very array');
    await first!.apply(contextOf(0), mine.update);
    await second!.apply(contextOf(0), theirs.update.slice());
    assert.equal(first!.state, second!.state, 'one state');
    const [alone] = applicationsOf({ estimator: 'sgd' }, createPlainLinearAlgebra());
    await alone!.apply(contextOf(0), mine.update);
    assert.equal(first!.stateDigest, alone!.stateDigest);
  });

  it('makes the bytes of a state once for all that store it, and keeps them for nobody', async () => {
    const [first, second] = applicationsOf({ estimator: 'sgd' }, linalg, 2);
    const bytes = await first!.checkpoint();
    assert.deepEqual(bytes, encodeAgreedState(first!.state));
    assert.equal(await second!.checkpoint(), bytes, 'the very array');
    assert.notEqual(await first!.checkpoint(), bytes, 'all have had it');
  });

  it('needs no more memory after the first rounds', async () => {
    const [application] = applicationsOf({ estimator: 'sgd' }, linalg);
    const seen = new Set<Float32Array>();
    for (let round = 0; round < 12; round++) {
      const { update } = await application!.aggregate(contextOf(round), bodiesOf(round, 'y'));
      await application!.apply(contextOf(round), update);
      seen.add(application!.state.parameters);
    }
    assert.ok(seen.size <= 3, `${seen.size} vectors served twelve states`);
  });
});
