/**
 * The bounds of the theorems, against adversaries that know all honest inputs. (c, delta)-robust (Dahan and Levy 2024,
 * definition 2.3; Allouah et al. 2023): ||A(x) - mean_G||^2 <= c / |G| sum_G ||x_i - mean_G||^2 for every set G of n - f inputs.
 * (f, lambda)-resilient averaging (Farhadkhani et al. 2022): ||A(x) - mean_G|| <= lambda max_G ||x_i - x_j||.
 */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { SeededRandom } from '../../src/foundation/seeded-random.ts';
import { add, distance, mean, norm, scale, subtract, subsets, type Vector } from './naive/vectors.ts';
import { run } from './run-aggregate.ts';

const EXACT_MEDIAN = { name: 'geometric-median', iterations: 'converge' };

type Constant = (delta: number) => number;
const odds = (delta: number): number => delta / (1 - 2 * delta);
const medianConstant: Constant = (delta) => 4 * (1 + odds(delta)) ** 2;
const krumConstant: Constant = (delta) => 6 * (1 + odds(delta));
const trimmedConstant: Constant = (delta) => 6 * odds(delta) * (1 + odds(delta));

/** c as a function of delta = f / n. */
const ROBUST: readonly (readonly [rule: unknown, Constant])[] = [
  [EXACT_MEDIAN, medianConstant],
  ['median', medianConstant],
  ['trimmed-mean', trimmedConstant],
  ['krum', krumConstant],
  // the two covariances of equal size share n - 2 f inputs, and the chosen one has the lesser top eigenvalue
  ['smea', (delta) => 4 * odds(delta)],
];

interface Round {
  readonly honest: readonly Vector[];
  readonly all: readonly Vector[];
  readonly f: number;
}

/** Attacks of one kind each, as far as `strength` takes them. */
const ATTACKS: Readonly<
  Record<string, (honest: readonly Vector[], strength: number, k: number, random: SeededRandom) => Vector>
> = {
  far: (honest, strength, _k, random) =>
    add(
      mean(honest),
      mean(honest).map(() => 10 ** (strength * 3) * random.nextNormal()),
    ),
  together: (honest, strength) =>
    add(
      mean(honest),
      mean(honest).map((_, c) => (c === 0 ? strength * 4 : strength)),
    ),
  signFlipping: (honest, strength) => scale(mean(honest), -10 * strength),
  innerProductManipulation: (honest, strength) => scale(mean(honest), -strength),
  aLittleIsEnough: (honest, strength) => {
    const mu = mean(honest);
    const variance = mu.map(
      (m, c) => honest.reduce((sum, x) => sum + ((x[c] as number) - m) ** 2, 0) / honest.length,
    );
    return mu.map((m, c) => m - 2 * strength * Math.sqrt(variance[c] as number));
  },
  mimic: (honest, _strength, _k) => honest[0] as Vector,
  farthestHonest: (honest) => {
    const mu = mean(honest);
    return [...honest].sort((a, b) => distance(b, mu) - distance(a, mu))[0] as Vector;
  },
};

const rounds = fc
  .record({
    seed: fc.integer(),
    f: fc.integer({ min: 1, max: 3 }),
    extra: fc.integer({ min: 0, max: 5 }),
    d: fc.integer({ min: 1, max: 8 }),
    attack: fc.constantFrom(...Object.keys(ATTACKS)),
    strength: fc.double({ min: 0, max: 2, noNaN: true }),
  })
  .map(({ seed, f, extra, d, attack, strength }) => {
    const random = new SeededRandom(seed, 'robustness');
    const center = Array.from({ length: d }, () => 3 * random.nextNormal());
    const honest = Array.from({ length: f + 3 + extra }, () =>
      center.map((x) => Math.fround(x + random.nextNormal())),
    );
    const forge = ATTACKS[attack] as NonNullable<(typeof ATTACKS)[string]>;
    const forged = Array.from({ length: f }, (_, k) => forge(honest, strength, k, random).map(Math.fround));
    return { honest, all: [...forged, ...honest], f } satisfies Round;
  });

/** ||a - mean_G||^2 / ((1 / |G|) sum_G ||x_i - mean_G||^2) */
function ratio(aggregate: Vector, honest: readonly Vector[]): number {
  const mu = mean(honest);
  const variance = honest.reduce((sum, x) => sum + distance(x, mu) ** 2, 0) / honest.length;
  return distance(aggregate, mu) ** 2 / variance;
}

const diameter = (rows: readonly Vector[]): number =>
  Math.max(...rows.flatMap((x) => rows.map((y) => distance(x, y))));

const PARAMETERS = { numRuns: 150 };
const SLACK = 1 + 1e-4;

function check(property: (round: Round) => void, parameters: { numRuns: number } = PARAMETERS): void {
  fc.assert(fc.property(rounds, property), parameters);
}

describe('robustness', () => {
  for (const [rule, constant] of ROBUST) {
    const name = JSON.stringify(rule);
    const within = (pipeline: unknown, bound: Constant) => (round: Round) => {
      const { all, honest, f } = round;
      const measured = ratio(run(pipeline, all, { f }).vector, honest);
      const allowed = bound(f / all.length) * SLACK;
      assert.ok(measured <= allowed, `${name}: measured ${measured}, the theorem allows ${allowed}`);
    };

    it(`${name} stays within its constant`, () => check(within({ rule }, constant)));

    it(`NNM before ${name} stays within 8 delta / (1 - delta) (c + 1)`, () =>
      check(within({ rule, pre: ['nnm'] }, (delta) => ((8 * delta) / (1 - delta)) * (constant(delta) + 1))));

    it(`CTMA over ${name} stays within 60 delta (1 + c)`, () =>
      check(within({ rule: 'ctma', base: rule }, (delta) => 60 * delta * (1 + constant(delta)))));

    it(`CTMA over NNM and ${name} stays within 60 delta (1 + c)`, () =>
      check(
        within({ rule: 'ctma', base: rule, pre: ['nnm'] }, (delta) => {
          const mixed = ((8 * delta) / (1 - delta)) * (constant(delta) + 1);
          return 60 * delta * (1 + mixed);
        }),
      ));
  }

  it('holds for every set of n - f inputs, whichever are called honest', () => {
    for (let seed = 0; seed < 6; seed++) {
      const random = new SeededRandom(seed);
      const rows = Array.from({ length: 9 }, () =>
        Array.from({ length: 3 }, () => Math.fround(random.nextNormal() ** 3)),
      );
      for (const [rule, constant] of ROBUST) {
        const { vector } = run({ rule }, rows, { f: 2 });
        for (const good of subsets(9, 7)) {
          const measured = ratio(
            vector,
            good.map((i) => rows[i] as Vector),
          );
          assert.ok(measured <= constant(2 / 9) * SLACK, `${JSON.stringify(rule)}, G = ${good.join()}`);
        }
      }
    }
  });

  it('lets CTMA do better than its base where the base is poor (measured)', () => {
    // inputs far apart in high dimension: Krum returns one input, CTMA around it a mean of n - f
    let [base, meta] = [0, 0];
    for (let seed = 0; seed < 20; seed++) {
      const random = new SeededRandom(seed);
      const honest = Array.from({ length: 13 }, () => Array.from({ length: 60 }, () => random.nextNormal()));
      const forged = Array.from({ length: 4 }, () => scale(mean(honest), -4));
      const all = [...forged, ...honest];
      base += ratio(run('krum', all, { f: 4 }).vector, honest) / 20;
      meta += ratio(run({ rule: 'ctma', base: 'krum' }, all, { f: 4 }).vector, honest) / 20;
    }
    assert.ok(meta < base / 4, `CTMA's error ${meta}, Krum's ${base}`);
  });

  const resilient: readonly (readonly [unknown, (n: number, f: number) => number])[] = [
    ['mda', (n, f) => (2 * f) / (n - f)],
    // n - f inputs no farther from one's own honest one than the farthest honest one
    [{ rule: 'monna', own: -1 }, (n, f) => (2 * f) / (n - f)],
    ['krum', (n, f) => 1 + Math.sqrt((n - f) / (n - 2 * f))],
    [{ rule: EXACT_MEDIAN }, (n, f) => 1 + (n - f) / Math.sqrt((n - 2 * f) * n)],
  ];
  for (const [pipeline, lambda] of resilient) {
    it(`${JSON.stringify(pipeline)} is resilient averaging`, () =>
      check(({ all, honest, f }) => {
        const isMonna = typeof pipeline === 'object';
        const monna = isMonna && (pipeline as { rule: unknown }).rule === 'monna';
        const { vector } = run(monna ? 'monna' : pipeline, all, { f, ...(monna && { own: all.length - 1 }) });
        const error = distance(vector, mean(honest));
        const allowed = lambda(all.length, f) * diameter(honest) * SLACK;
        assert.ok(error <= allowed, `error ${error}, allowed ${allowed}`);
      }));
  }

  const coordinate: readonly (readonly [string, (n: number, f: number) => number])[] = [
    ['trimmed-mean', (n, f) => f / (n - f)],
    ['meamed', (n, f) => (2 * f) / (n - f)],
    ['phocas', (n, f) => (2 * f) / (n - f)],
    ['median', (n, f) => n / (2 * (n - f))],
  ];
  for (const [rule, lambda] of coordinate) {
    it(`${rule} is resilient averaging in each coordinate`, () =>
      check(({ all, honest, f }) => {
        const { vector } = run(rule, all, { f });
        const mu = mean(honest);
        vector.forEach((x, c) => {
          const values = honest.map((row) => row[c] as number);
          const range = Math.max(...values) - Math.min(...values);
          const allowed = lambda(all.length, f) * range * SLACK + 1e-6 * norm(mu);
          assert.ok(Math.abs(x - (mu[c] as number)) <= allowed, `coordinate ${c}`);
        });
      }));
  }

  it('caf, multi-krum and bulyan are not moved without bound', () =>
    check(({ all, honest, f }) => {
      for (const rule of ['caf', 'multi-krum', 'bulyan']) {
        if (rule === 'bulyan' && all.length < 4 * f + 3) continue;
        const measured = ratio(run(rule, all, { f }).vector, honest);
        // no theorem's constant: (1 + n) is what one honest input alone would give at worst, with room
        assert.ok(measured <= 8 * (1 + all.length), `${rule}: ${measured} variances`);
      }
    }));

  it('centered clipping moves at most tau in an iteration', () =>
    check(({ all, f }) => {
      const start = (all[0] as Vector).map(() => 0.5);
      const pipeline = { rule: 'centered-clipping', tau: 0.25, iterations: 3 };
      const { vector } = run(pipeline, all, { f, previous: Float32Array.from(start) });
      assert.ok(norm(subtract(vector, start)) <= 0.75 * SLACK, 'three steps of at most tau');
    }));

  it('flag as released and the normalised mean are bounded by the number of inputs, not by their norms', () =>
    check(({ all, f }) => {
      const n = all.length;
      assert.ok(norm(run('normalized-mean', all, { f }).vector) <= SLACK, 'a mean of unit vectors');
      const r = Math.ceil((n + 1) / 2);
      assert.ok(norm(run('flag', all, { f }).vector) <= (n / r) * SLACK, 'a projected sum of unit vectors');
    }));

  it('the mean is not robust', () => {
    const honest = [[0], [1], [2], [3]];
    assert.ok(
      ratio(run('mean', [[1e6], ...honest], { f: 1 }).vector, honest) > 1e9,
      'one input moves it anywhere',
    );
  });
});
