/** Centered clipping across rounds: the second round starts at the first one's aggregate, which is agreed state. */
import assert from 'node:assert/strict';
import { parseExperiment } from '../../src/config/experiment.ts';
import { decodeAgreedState, encodeAgreedState, skipRound } from '../../src/estimation/agreed-state.ts';
import type { Estimator } from '../../src/estimation/estimator.ts';
import { bytesOf } from '../../src/foundation/bytes.ts';
import { SeededRandom } from '../../src/foundation/seeded-random.ts';
import { createPlainLinearAlgebra } from '../../src/linalg/plain-linear-algebra.ts';
import { createReceiver } from '../../src/round/create-receiver.ts';
import { simulatedRoster } from '../../simulations/training/training-lab.ts';

const [WORKERS, D, TAU, RATE] = [5, 6, 0.5, 0.1];
const PARAMETERS = [{ name: 'w', shape: [D], initializer: 'zeros' }] as never;

function arithmeticOf(settings: Readonly<Record<string, unknown>>) {
  const roster = simulatedRoster(WORKERS);
  const experiment = parseExperiment({
    committee: { size: 1 },
    roster,
    model: { kind: 'mlp', hidden: [2] },
    data: 'glyphs',
    estimator: 'sgd',
    optimizer: RATE,
    aggregation: { f: 1, rule: 'centered-clipping', tau: TAU, iterations: 3 },
    compression: { contribution: 'float32', update: 'float32' },
    ...settings,
  });
  return { roster, ...createReceiver(experiment, { parameters: PARAMETERS }, createPlainLinearAlgebra()) };
}

function vectorsOf(round: number): Float32Array[] {
  const random = new SeededRandom('centered', round);
  return Array.from({ length: WORKERS }, () =>
    Float32Array.from({ length: D }, () => 2 + random.nextNormal()),
  );
}

/** v <- v + mean((x_i - v) min(1, tau / ||x_i - v||)), three times, coordinate by coordinate. */
function naive(vectors: readonly Float32Array[], start: ArrayLike<number>): number[] {
  let v = Array.from(start);
  for (let t = 0; t < 3; t++) {
    const sum = v.map(() => 0);
    for (const x of vectors) {
      const difference = v.map((value, j) => x[j]! - value);
      const scale = Math.min(1, TAU / Math.sqrt(difference.reduce((s, z) => s + z * z, 0)));
      difference.forEach((z, j) => (sum[j]! += (scale * z) / WORKERS));
    }
    v = v.map((value, j) => value + sum[j]!);
  }
  return v;
}

const contextOf = (round: number) => ({ round, seed: new Uint8Array(32).fill(round) });
const initialOf = (estimator: Estimator) => estimator.initialState(new Float32Array(D));

describe('remembered aggregate', () => {
  it('is where centered clipping starts, from one round to the next', () => {
    const { roster, receiver, estimator } = arithmeticOf({});
    let state = initialOf(estimator);
    let start: readonly number[] = new Array<number>(D).fill(0);
    for (let round = 0; round < 6; round++) {
      const vectors = vectorsOf(round);
      const bodies = roster.map((worker, i) => ({ worker, body: bytesOf(vectors[i]!) }));
      const { next } = receiver.aggregate(state, contextOf(round), bodies);
      const expected = naive(vectors, start);
      next.parameters.forEach((value, j) => {
        const step = (state.parameters[j]! - value) / RATE;
        assert.ok(Math.abs(step - expected[j]!) < 1e-5, `round ${round}: ${step}, expected ${expected[j]}`);
      });
      state = next;
      start = expected;
    }
    assert.ok(
      start.every((value) => value > 1),
      'over rounds it reaches what one round of clipping cannot: the mean near 2',
    );
  });

  it('travels in the checkpoint and outlasts a skipped round', () => {
    const { roster, receiver, estimator } = arithmeticOf({});
    const bodies = roster.map((worker, i) => ({ worker, body: bytesOf(vectorsOf(0)[i]!) }));
    const { next } = receiver.aggregate(initialOf(estimator), contextOf(0), bodies);
    const newcomer = decodeAgreedState(encodeAgreedState(next), initialOf(estimator));
    assert.ok(newcomer, 'a state of this experiment');
    const second = (state: typeof next) => receiver.aggregate(state, contextOf(1), bodies).update;
    assert.deepEqual(second(newcomer), second(next), 'the newcomer starts where the others do');
    assert.deepEqual(second(skipRound(next)), second(next), 'a skipped round changes nothing');
    assert.notDeepEqual(second(next), second(initialOf(estimator)), 'and it matters');
  });

  it('starts inside CTMA too, and is left out where it has no use', () => {
    const names = (settings: Readonly<Record<string, unknown>>) =>
      Object.keys(initialOf(arithmeticOf(settings).estimator).shared).filter((name) =>
        name.includes('aggregate'),
      );
    const rule = { name: 'centered-clipping', tau: TAU };
    assert.equal(
      names({ aggregation: { f: 1, rule: { name: 'ctma', base: rule } } }).length,
      1,
      'CTMA over it',
    );
    assert.equal(names({ aggregation: { f: 1, rule: 'median' } }).length, 0, 'another rule');
    const clipped = { estimator: { kind: 'momentum', clipDifferences: { factor: 1 } } };
    assert.equal(names(clipped).length, 0, 'differences from the previous direction start at zero');
    assert.equal(names({ estimator: 'vr-marina-pp' }).length, 0, 'as do those of vr-marina-pp');
  });
});
