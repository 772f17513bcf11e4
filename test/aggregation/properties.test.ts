import fc from 'fast-check';
import { SeededRandom } from '../../src/foundation/seeded-random.ts';
import { ALL_RULES, nameOf } from './all-rules.ts';
import { assertClose, run } from './run-aggregate.ts';
import { norm, type Vector } from './naive/vectors.ts';

/** Fixed: a chance tie or a vanishing gap between eigenvalues is no fault of a rule. */
const PARAMETERS = { numRuns: 40, seed: 20_240_521 };
const PRE = [[], ['nnm'], ['arc', 'nnm']] as const;
/** NNM maps several inputs to one point, so that rules which select among subsets or scores meet ties. */
const SELECTS = new Set(['krum', 'multi-krum', 'mda', 'smea', 'bulyan']);

/** Rows on a grid of 2^-16, so that shifts by integers and scales by powers of two are exact in float32. */
const inputs = fc.record({
  seed: fc.integer(),
  n: fc.integer({ min: 7, max: 10 }),
  d: fc.integer({ min: 2, max: 6 }),
});

function rowsOf({ seed, n, d }: { seed: number; n: number; d: number }): number[][] {
  const random = new SeededRandom(seed, 'grid');
  return Array.from({ length: n }, () =>
    Array.from({ length: d }, () => Math.round(65_536 * random.nextNormal()) / 65_536),
  );
}

/** How far rounding may take a result from the other one, in units of the inputs' size. */
function allowance(rows: readonly Vector[], pipeline: { readonly rule: string }): number {
  const size = Math.max(...rows.map(norm));
  // a small gap between eigenvalues magnifies rounding
  return (pipeline.rule === 'flag' ? 1e-3 : 2e-5) * size;
}

function assertEqual(actual: Vector, expected: Vector, allowed: number, message: string): void {
  // lifted by one coordinate of the allowance's own scale, so that a zero vector has a norm
  assertClose([...actual, 1e3 * allowed], [...expected, 1e3 * allowed], 1e-3, message);
}

/**
 * Of these equal scores are a part: subsets of one diameter (MDA), the last picks of Bulyan, which count at most f - 1
 * neighbours. Then the order of the inputs decides, as documented.
 */
const TIES_BY_INDEX = new Set(['mda', 'bulyan']);

for (const { pipeline, movesWithInputs, degree } of ALL_RULES) {
  describe(`${nameOf(pipeline)}, properties`, () => {
    const pres = SELECTS.has(pipeline.rule) || pipeline.base === 'krum' ? [[], ['arc']] : PRE;
    const own = pipeline.rule === 'monna' ? 0 : undefined;

    const order = TIES_BY_INDEX.has(pipeline.rule) ? undefined : it;
    order?.('does not depend on the order of the inputs', () => {
      fc.assert(
        fc.property(inputs, fc.integer(), fc.constantFrom(...pres), (shape, key, pre) => {
          const rows = rowsOf(shape);
          const order = new SeededRandom(key).shuffle([...rows.keys()]);
          const shuffled = order.map((i) => rows[i] as number[]);
          const moved = own === undefined ? {} : { own: order.indexOf(own) };
          const whole = { ...pipeline, pre };
          const { vector } = run(whole, rows, { f: 1, ...(own !== undefined && { own }) });
          const other = run(whole, shuffled, { f: 1, ...moved }).vector;
          assertEqual(other, vector, allowance(rows, pipeline), 'permutation invariance');
        }),
        PARAMETERS,
      );
    });

    if (movesWithInputs) {
      it('moves with the inputs', () => {
        fc.assert(
          fc.property(
            inputs,
            fc.integer({ min: -64, max: 64 }),
            fc.constantFrom([], ...(pres === PRE ? [['nnm']] : [])),
            (shape, shift, pre) => {
              const rows = rowsOf(shape);
              const moved = rows.map((row) => row.map((x) => x + shift));
              const { vector } = run({ ...pipeline, pre }, rows, { f: 1 });
              const back = run({ ...pipeline, pre }, moved, { f: 1 }).vector.map((x) => x - shift);
              assertEqual(back, vector, allowance(moved, pipeline), 'translation equivariance');
            },
          ),
          PARAMETERS,
        );
      });
    }

    if (degree !== undefined) {
      it(degree === 1 ? 'scales with the inputs' : 'does not depend on the scale of the inputs', () => {
        fc.assert(
          fc.property(inputs, fc.integer({ min: -40, max: 40 }), (shape, exponent) => {
            const rows = rowsOf(shape);
            const scaled = rows.map((row) => row.map((x) => x * 2 ** exponent));
            const { vector } = run({ ...pipeline, pre: ['arc'] }, rows, { f: 1 });
            const factor = degree === 1 ? 2 ** -exponent : 1;
            const back = run({ ...pipeline, pre: ['arc'] }, scaled, { f: 1 }).vector.map((x) => x * factor);
            assertEqual(back, vector, allowance(rows, pipeline), 'scale equivariance');
          }),
          PARAMETERS,
        );
      });
    }
  });
}
