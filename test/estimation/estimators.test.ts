/** Each estimator against its recursion worked by hand or written naively in float64, on a quadratic. */
import assert from 'node:assert/strict';
import type { Memory } from '../../src/compression/compressor.ts';
import type { AgreedState } from '../../src/estimation/agreed-state.ts';
import { sharedVector, skipRound } from '../../src/estimation/agreed-state.ts';
import type { Estimator, GradientOracle, Sample } from '../../src/estimation/estimator.ts';
import { createEstimator, parseEstimator } from '../../src/estimation/estimator-spec.ts';
import { parseOptimizer } from '../../src/estimation/outer-optimizer.ts';

const SEED = new Uint8Array(32).fill(5);

/** grad f(x; z) = x - z with z = 10 round + draw (batch) or z = 1 (full); records what was asked. */
function quadratic(): GradientOracle & { asked: { x: number; sample: Sample }[] } {
  const asked: { x: number; sample: Sample }[] = [];
  return {
    d: 1,
    asked,
    gradient: async (x, sample) => {
      asked.push({ x: x[0]!, sample });
      const z = sample.kind === 'full' ? 1 : 10 * sample.round + sample.draw;
      return Float32Array.of(x[0]! - z);
    },
  };
}

function build(spec: unknown, optimizer: unknown): Estimator {
  return createEstimator(parseEstimator(spec, 'estimator'), parseOptimizer(optimizer, 'optimizer'));
}

/** One worker's contributions, and the state after each, when the aggregate is that contribution itself. */
async function run(estimator: Estimator, x0: number, rounds: number, oracle = quadratic()) {
  let agreed = estimator.initialState(Float32Array.of(x0));
  const memory: Memory = new Map();
  const sent: number[] = [];
  const states: AgreedState[] = [agreed];
  for (let round = 0; round < rounds; round++) {
    const context = { round, seed: SEED };
    const plan = estimator.plan(agreed, context);
    const vector = await estimator.contribute({ oracle, agreed, plan, context, memory });
    sent.push(vector[0]!);
    const update = Float32Array.of(vector[0]! - (plan.centre?.[0] ?? 0));
    agreed = estimator.step(agreed, plan, update);
    states.push(agreed);
  }
  return { sent, states, x: states.map((state) => state.parameters[0]!), memory, oracle };
}

function close(actual: readonly number[], expected: readonly number[], what: string): void {
  assert.equal(actual.length, expected.length, `${what}: count`);
  actual.forEach((value, i) => {
    const tolerance = 1e-5 * Math.max(1, Math.abs(expected[i]!));
    assert.ok(
      Math.abs(value - expected[i]!) <= tolerance,
      `${what}[${i}]: ${value}, expected ${expected[i]}`,
    );
  });
}

describe('estimators', () => {
  it('sgd sends minibatch gradients and steps along the aggregate', async () => {
    const { sent, x, states } = await run(build('sgd', 0.5), 4, 2);
    close(sent, [4, 2 - 10], 'gradients x - z');
    close(x, [4, 2, 6], 'x - 0.5 g');
    assert.deepEqual([states[2]!.round, states[2]!.steps], [2, 2], 'rounds and steps are counted');
  });

  it('momentum averages (ema) or adds (heavy-ball)', async () => {
    const ema = await run(build({ kind: 'momentum', beta: 0.9 }, 0.5), 4, 2);
    close(ema.sent, [0.4, 0.9 * 0.4 + 0.1 * (3.8 - 10)], 'ema, from zero');
    const heavy = await run(build({ kind: 'momentum', beta: 0.9, form: 'heavy-ball' }, 0.5), 4, 2);
    close(heavy.sent, [4, 0.9 * 4 + (2 - 10)], 'heavy ball');
  });

  it('clips raw gradients where asked to', async () => {
    const { sent } = await run(build({ kind: 'sgd', gradientClip: 2 }, 0.5), 4, 2);
    close(sent, [2, 3 - 10 < -2 ? -2 : 0], 'norm 2 at most');
  });

  it('the optimizer follows PyTorch: weight decay, momentum, Nesterov', () => {
    const estimator = build('sgd', { learningRate: 0.1, momentum: 0.9, nesterov: true, weightDecay: 0.01 });
    let agreed = estimator.initialState(Float32Array.of(2));
    let [x, v] = [2, 0];
    for (const g of [1, -0.5, 0.25]) {
      const plan = estimator.plan(agreed, { round: 0, seed: SEED });
      agreed = estimator.step(agreed, plan, Float32Array.of(g));
      const decayed = g + 0.01 * x;
      v = 0.9 * v + decayed;
      x -= 0.1 * (decayed + 0.9 * v);
      close([agreed.parameters[0]!], [x], 'x');
    }
  });

  it('a compensated optimizer adds up steps that float32 alone would lose', () => {
    for (const [compensated, expected] of [
      [false, 1],
      [true, 1 - 1e-5],
    ] as const) {
      const estimator = build('sgd', { learningRate: 1e-8, compensated });
      let agreed = estimator.initialState(Float32Array.of(1));
      const plan = estimator.plan(agreed, { round: 0, seed: SEED });
      for (let step = 0; step < 1000; step++) agreed = estimator.step(agreed, plan, Float32Array.of(1));
      assert.ok(Math.abs(agreed.parameters[0]! - expected) < 1e-7, `compensated ${compensated}`);
    }
  });

  for (const arithmetic of ['theory', 'released', 'fixed'] as const) {
    it(`mu2-sgd follows its recursion (${arithmetic})`, async () => {
      const spec = { kind: 'mu2-sgd', arithmetic, beta: 0.25, gamma: 0.1 };
      const { sent, x, oracle } = await run(build(spec, 0.05), 3, 5);
      let [w, xt, before, d] = [3, 3, 3, 0];
      const expected = { sent: [] as number[], x: [3] };
      for (let t = 1; t <= 5; t++) {
        const z = 10 * (t - 1);
        const beta = { theory: 1 / t, released: Math.max(1 / t, 0.01), fixed: 0.25 }[arithmetic];
        d = t === 1 ? xt - z : xt - z + (1 - beta) * (d - (before - z));
        before = xt;
        w -= 0.05 * (arithmetic === 'theory' ? t : 1) * d;
        const total = ((t + 1) * (t + 2)) / 2;
        const a = { theory: (t + 1) / total, released: Math.max(2 / (t + 1), 0.01), fixed: 0.1 }[arithmetic];
        xt = (1 - a) * xt + a * w;
        expected.sent.push(d);
        expected.x.push(xt);
      }
      close(sent, expected.sent, 'd_t');
      close(x, expected.x, 'x_t');
      const second = oracle.asked.slice(1, 3).map(({ sample }) => sample);
      assert.deepEqual(second[0], second[1], 'both gradients of a correction use the same sample');
    });
  }

  it('STORM keeps the correction and no averaging, AnyTime SGD the averaging and no correction', async () => {
    const storm = await run(build({ kind: 'mu2-sgd', arithmetic: 'theory', parts: 'storm' }, 0.05), 3, 3);
    const d2 = 2.85 - 10 + 0.5 * (3 - (3 - 10));
    const x2 = 2.85 - 0.05 * d2;
    const d3 = x2 - 20 + (2 / 3) * (d2 - (2.85 - 20));
    close(storm.sent, [3, d2, d3], 'd_t of STORM');
    close(storm.x, [3, 2.85, x2, x2 - 0.05 * d3], 'x = w, and no alpha_t');
    const anytime = await run(build({ kind: 'mu2-sgd', arithmetic: 'theory', parts: 'anytime' }, 0.05), 3, 2);
    const w2 = 3 - 0.05 * 3;
    const y2 = 3 + (2 / 3) * (w2 - 3);
    const w3 = w2 - 0.05 * 2 * (y2 - 10);
    close(anytime.sent, [3, y2 - 10], 'plain gradients at the averaged points');
    close(anytime.x, [3, y2, y2 + 0.5 * (w3 - y2)], 'averaged');
    assert.equal(anytime.oracle.asked.length, 2, 'one gradient a round');
  });

  it('a mu2-sgd worker that sat out corrects from its own last query point', async () => {
    const estimator = build({ kind: 'mu2-sgd', arithmetic: 'fixed', beta: 0.5 }, 0.05);
    const oracle = quadratic();
    const memory: Memory = new Map([
      ['mu2.estimate', Float32Array.of(7)],
      ['mu2.query', Float32Array.of(-3)],
    ]);
    const agreed = { ...estimator.initialState(Float32Array.of(2)), steps: 40, round: 40 };
    const context = { round: 40, seed: SEED };
    const plan = estimator.plan(agreed, context);
    const sent = await estimator.contribute({ oracle, agreed, plan, context, memory });
    close([sent[0]!], [2 - 400 + 0.5 * (7 - (-3 - 400))], 'd_t');
  });

  it('vr-marina starts with full gradients of everybody, then sends clipped differences of one minibatch', async () => {
    const spec = { kind: 'vr-marina-pp', full: { every: 3 }, clip: 0.5 };
    const { sent, states, oracle } = await run(build(spec, 0.1), 5, 4);
    const estimator = build(spec, 0.1);
    const plans = states.slice(0, 4).map((state, round) => estimator.plan(state, { round, seed: SEED }));
    assert.deepEqual(
      plans.map((plan) => [plan.kind, plan.cohort, plan.compressed, plan.rule]),
      [
        ['full', 'all', false, 'robust'],
        ['difference', undefined, true, 'robust'],
        ['difference', undefined, true, 'robust'],
        ['full', 'all', false, 'robust'],
      ],
    );
    // on the quadratic D = x^{k+1} - x^k exactly, whatever the sample: g stays the gradient x - 1
    const x = [5];
    for (let k = 0; k < 4; k++) x.push(x[k]! - 0.1 * (x[k]! - 1));
    close(sent, [4, x[1]! - x[0]!, x[2]! - x[1]!, x[3]! - 1], 'contributions');
    close(
      states.map((state) => state.parameters[0]!),
      x,
      'iterates',
    );
    close([plans[1]!.clipLevel!, plans[2]!.clipLevel!], [0.5 * 0.4, 0.5 * 0.36], 'alpha ||x^{k+1} - x^k||');
    assert.equal(plans[0]!.clipLevel, undefined, 'full rounds are not clipped');
    const [now, before] = oracle.asked.slice(1, 3);
    assert.deepEqual(now!.sample, before!.sample, 'one minibatch for both gradients');
    close([now!.x, before!.x], [x[1]!, x[0]!], 'at the two last iterates');
  });

  it('vr-marina without full gradients sends the mean of several minibatches in full rounds, unclipped', async () => {
    const spec = { kind: 'vr-marina-pp', full: { every: 2 }, fullMinibatches: 3, clip: 0.5 };
    const { sent, x, states, oracle } = await run(build(spec, 0.1), 5, 3);
    // draws 0, 1, 2 of round r have z = 10 r + draw, so their mean is 10 r + 1
    close([sent[0]!, sent[2]!], [5 - 1, x[2]! - 21], 'the mean over draws');
    close([sent[1]!], [x[1]! - x[0]!], 'between them a difference of one minibatch');
    assert.deepEqual(
      oracle.asked.slice(0, 3).map(({ sample }) => sample),
      [0, 1, 2].map((draw) => ({ kind: 'batch', round: 0, draw })),
      'no full gradient is asked for',
    );
    const plan = build(spec, 0.1).plan(states[2]!, { round: 2, seed: SEED });
    assert.deepEqual([plan.kind, plan.cohort, plan.clipLevel], ['full', 'all', undefined]);
  });

  it('vr-marina tosses one coin for all, with its probability', () => {
    const estimator = build(
      { kind: 'vr-marina-pp', full: { probability: 0.2 }, fullCohort: 7, plus: true },
      0.1,
    );
    const agreed = { ...estimator.initialState(Float32Array.of(1)), steps: 5 };
    let full = 0;
    for (let i = 0; i < 2000; i++) {
      const seed = new Uint8Array(32);
      new DataView(seed.buffer).setUint32(0, i);
      const plan = estimator.plan(agreed, { round: i, seed });
      assert.equal(plan.kind, estimator.plan(agreed, { round: i, seed }).kind, 'the same coin again');
      if (plan.kind === 'full') full += 1;
      assert.equal(plan.cohort, plan.kind === 'full' ? 7 : undefined);
      assert.equal(plan.rule, plan.kind === 'full' ? 'robust' : 'mean', 'PP+ averages differences');
    }
    assert.ok(full > 330 && full < 470, `${full} of 2000 are full at p = 0.2`);
  });

  it('clipped differences subtract g^{k-1}, clip by the step and add it back', async () => {
    const spec = { kind: 'sgd', clipDifferences: { factor: 2 } };
    const { states } = await run(build(spec, 0.1), 5, 3);
    const estimator = build(spec, 0.1);
    const first = estimator.plan(states[0]!, { round: 0, seed: SEED });
    assert.deepEqual(
      [first.cohort, first.clipLevel, first.centre],
      ['all', undefined, undefined],
      'all, unclipped',
    );
    const plan = estimator.plan(states[2]!, { round: 2, seed: SEED });
    close([...plan.centre!], [4.5 - 10], 'g^1 = x^1 - z');
    close([plan.clipLevel!], [2 * Math.abs(states[2]!.parameters[0]! - states[1]!.parameters[0]!)], 'level');
    const next = estimator.step(states[2]!, plan, Float32Array.of(0.25));
    close(
      [next.parameters[0]!],
      [states[2]!.parameters[0]! - 0.1 * (-5.5 + 0.25)],
      'x - gamma (g^1 + update)',
    );
    close([...sharedVector(next, 'clip.g')], [-5.25], 'g^2');
    const byDirection = build({ kind: 'sgd', clipDifferences: { relativeTo: 'direction', factor: 2 } }, 0.1);
    close([byDirection.plan(states[2]!, { round: 2, seed: SEED }).clipLevel!], [11], '2 ||g^1||');
  });

  it('local steps send how far the worker went', async () => {
    const spec = { kind: 'local-steps', steps: 3, inner: { kind: 'sgd', learningRate: 0.5 } };
    const { sent, oracle } = await run(
      build(spec, { learningRate: 0.7, momentum: 0.9, nesterov: true }),
      8,
      1,
    );
    let x = 8;
    for (let draw = 0; draw < 3; draw++) x -= 0.5 * (x - draw);
    close(sent, [8 - x], 'x - x_local');
    assert.deepEqual(
      oracle.asked.map(({ sample }) => sample),
      [0, 1, 2].map((draw) => ({ kind: 'batch', round: 0, draw })),
      'another minibatch each step',
    );
  });

  it('local AdamW follows its definition and keeps its moments between rounds', async () => {
    const inner = {
      kind: 'adamw',
      learningRate: 0.1,
      beta1: 0.8,
      beta2: 0.9,
      epsilon: 1e-3,
      weightDecay: 0.05,
    };
    const { x } = await run(build({ kind: 'local-steps', steps: 2, inner }, 1), 3, 2);
    let [w, m, v, t] = [3, 0, 0, 0];
    const expected = [3];
    for (let round = 0; round < 2; round++) {
      for (let draw = 0; draw < 2; draw++) {
        const g = w - (10 * round + draw);
        t += 1;
        m = 0.8 * m + 0.2 * g;
        v = 0.9 * v + 0.1 * g * g;
        w = w * (1 - 0.1 * 0.05) - (0.1 * (m / (1 - 0.8 ** t))) / (Math.sqrt(v / (1 - 0.9 ** t)) + 1e-3);
      }
      expected.push(w);
    }
    close(x, expected, "outer rate 1 takes the worker's own end point");
  });

  it('a walk that is given up keeps the moments of the steps that it took, and their count', async () => {
    const estimator = build({ kind: 'local-steps', steps: 3, inner: { kind: 'adamw' } }, 1);
    const known = quadratic();
    const asked: number[] = [];
    const oracle: GradientOracle = {
      d: 1,
      gradient: (x, sample) => {
        asked.push(asked.length);
        return asked.length === 3 ? Promise.reject(new Error('gone')) : known.gradient(x, sample);
      },
    };
    const memory: Memory = new Map();
    const agreed = estimator.initialState(Float32Array.of(8));
    const context = { round: 0, seed: SEED };
    const plan = estimator.plan(agreed, context);
    const contribute = () => estimator.contribute({ oracle, agreed, plan, context, memory });
    await assert.rejects(contribute(), /gone/);
    assert.equal(memory.get('inner.steps'), 2);
    const moment = (memory.get('inner.m') as Float32Array)[0] ?? NaN;
    assert.ok(moment !== 0);
    await contribute();
    assert.equal(memory.get('inner.steps'), 5);
  });

  it('a skipped round leaves the step to be tried again', () => {
    const estimator = build({ kind: 'vr-marina-pp', full: { every: 9 }, clip: 1 }, 0.1);
    const state = estimator.initialState(Float32Array.of(1));
    const skipped = skipRound(state);
    assert.deepEqual([skipped.round, skipped.steps], [1, 0]);
    assert.equal(
      estimator.plan(skipped, { round: 1, seed: SEED }).kind,
      'full',
      'the first full round is still due',
    );
  });

  it('does not touch the state that it steps from', () => {
    for (const spec of ['sgd', 'mu2-sgd', 'vr-marina-pp', { kind: 'momentum', clipDifferences: {} }]) {
      const estimator = build(spec, 0.1);
      const state = estimator.initialState(Float32Array.of(1, 2));
      const before = structuredClone(state);
      const plan = estimator.plan(state, { round: 0, seed: SEED });
      const next = estimator.step(state, plan, Float32Array.of(3, 4));
      assert.deepEqual(state, before, `${estimator.name}: old state`);
      assert.notDeepEqual(next.parameters, state.parameters, `${estimator.name}: new state`);
    }
  });
});

describe('estimator spec', () => {
  it('refuses what makes no sense, by the path of the field', () => {
    const cases: [unknown, RegExp][] = [
      ['adam', /estimator must be one of/],
      [{ kind: 'momentum', beta: 1 }, /estimator\.beta must be a number/],
      [
        { kind: 'vr-marina-pp', full: { probability: 0 } },
        /estimator\.full\.probability must be a number above 0/,
      ],
      [{ kind: 'vr-marina-pp', fullCohort: 0 }, /estimator\.fullCohort must be/],
      [{ kind: 'vr-marina-pp', fullMinibatches: 0 }, /estimator\.fullMinibatches must be/],
      [{ kind: 'vr-marina-pp', clipDifferences: {} }, /estimator\.clipDifferences must be left out/],
      [{ kind: 'local-steps', inner: { kind: 'lion' } }, /estimator\.inner\.kind must be one of/],
      [{ kind: 'sgd', stepz: 3 }, /estimator\.stepz must be left out/],
    ];
    for (const [value, message] of cases) assert.throws(() => parseEstimator(value, 'estimator'), message);
  });

  it('refuses an optimizer that contradicts it', () => {
    const momentum = { learningRate: 0.1, momentum: 0.9 };
    assert.throws(() => build('mu2-sgd', momentum), /optimizer\.momentum must be 0 under mu2-sgd/);
    assert.throws(() => build('vr-marina-pp', momentum), /optimizer\.momentum must be 0/);
    assert.throws(() => build('mu2-sgd', { learningRate: 0.1, weightDecay: 1 }), /weightDecay must be 0/);
    assert.throws(() => build('sgd', { learningRate: -1 }), /optimizer\.learningRate/);
    assert.throws(
      () => build('sgd', { momentum: 0.9 }),
      /optimizer\.learningRate must be a rate above 0 or a schedule, got nothing/,
    );
  });
});
