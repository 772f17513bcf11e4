import assert from 'node:assert/strict';
import type { Aggregated } from '../../src/aggregation/aggregate.ts';
import { relativeWeights } from '../../src/aggregation/weights.ts';
import { OperatorError } from '../../src/foundation/operator-error.ts';
import { LINEAR_ALGEBRAS } from './linear-algebras.ts';
import { pipelineOf, randomRows, run } from './run-aggregate.ts';

const WEIGHTED = [
  'mean',
  'median',
  'geometric-median',
  { rule: 'geometric-median', iterations: 'converge' },
  { rule: 'ctma', base: 'median' },
  { rule: 'ctma', base: 'mean' },
  { rule: 'ctma', base: 'geometric-median', trim: 0.25 },
  { rule: 'median', pre: ['arc'] },
];
/** From the least positive number to the greatest; a decimal fraction makes sums that miss half by a rounding. */
const SCALES = [5e-324, 1e-300, 0.1, 1 / 3, 1e160, 3e307, Number.MAX_VALUE / 4];

const keptOf = ({ report }: Aggregated) => report?.rows.map(({ kept }) => kept);

for (const candidate of LINEAR_ALGEBRAS) {
  describe(`weights of inputs, ${candidate.name}`, () => {
    const linalg = candidate.create();
    after(() => linalg.close());

    it('give the same aggregate and keep the same rows at every scale', () => {
      const rows = randomRows(3, 8, 37);
      const counts = [1, 2, 3, 1, 1, 4, 0, 2];
      for (const pipeline of WEIGHTED) {
        const aggregateAt = (scale: number) =>
          run(pipeline, rows, { f: 2, linalg, weights: Float64Array.from(counts, (w) => w * scale) });
        const expected = aggregateAt(1);
        assert.ok(expected.vector.every(Number.isFinite), 'the reference is finite');
        for (const scale of SCALES) {
          const { vector, result } = aggregateAt(scale);
          const distance = Math.max(...vector.map((x, c) => Math.abs(x - (expected.vector[c] as number))));
          assert.ok(distance <= 1e-6, `${JSON.stringify(pipeline)} at ${scale}: off by ${distance}`);
          assert.deepEqual(
            keptOf(result),
            keptOf(expected.result),
            `${JSON.stringify(pipeline)} keeps the same`,
          );
        }
      }
    });

    it('that are equal give what no weights give, at even and odd numbers of inputs', () => {
      for (const n of [5, 6, 7, 12, 300]) {
        const rows = randomRows(n, n, 5);
        // beyond a network's rows the median selects; what compares all rows has no other way there
        for (const pipeline of n > 256 ? ['median'] : WEIGHTED) {
          const bare = run(pipeline, rows, { f: 2, linalg });
          for (const scale of [1, ...SCALES]) {
            const weighted = run(pipeline, rows, {
              f: 2,
              linalg,
              weights: new Float64Array(n).fill(scale),
            });
            assert.deepEqual(weighted.vector, bare.vector, `${JSON.stringify(pipeline)} of ${n} at ${scale}`);
            assert.deepEqual(keptOf(weighted.result), keptOf(bare.result), 'the same rows are kept');
          }
        }
      }
    });

    it('meet half where decimal fractions say so: 0.1 + 0.2 of 0.6', () => {
      const column = (...values: number[]): number[][] => values.map((value) => [value]);
      const median = (values: number[], weights: number[]) =>
        run('median', column(...values), { f: 1, linalg, weights: Float64Array.from(weights) }).vector[0];
      assert.equal(median([1, 2, 3], [0.1, 0.2, 0.3]), 2.5, 'half lies between the second and the third');
      assert.equal(median([1, 2, 3, 4, 5, 600], Array<number>(6).fill(0.1)), 3.5, 'equal tenths');
      assert.equal(median([1, 2, 3], [1, 1e-9, 1]), 2, 'a small weight is not taken for a rounding');
    });
  });
}

describe('relativeWeights', () => {
  const median = pipelineOf('median');

  it('gives shares of the greatest', () => {
    assert.deepEqual(
      relativeWeights(median, 3, Float64Array.of(1e308, 5e307, 0)),
      Float64Array.of(1, 0.5, 0),
    );
    assert.equal(relativeWeights(median, 3, undefined), undefined, 'no weights stay none');
  });

  it('refuses ties beside weights, which would have no effect', () => {
    assert.throws(
      () => relativeWeights(pipelineOf({ rule: 'median', ties: 'lower' }), 2, Float64Array.of(1, 1)),
      (error) => error instanceof OperatorError && error.message.includes('leave ties out'),
      'ties: lower',
    );
    const trimmed = pipelineOf({ rule: 'ctma', base: { name: 'median', ties: 'lower' } });
    assert.throws(() => relativeWeights(trimmed, 2, Float64Array.of(1, 1)), OperatorError, 'in a base');
  });

  it('names the place of a weight that is none', () => {
    for (const wrong of [NaN, -1, Infinity, -Infinity]) {
      assert.throws(
        () => relativeWeights(median, 3, Float64Array.of(1, wrong, 1)),
        new RegExp(`^OperatorError: weights must be finite and not negative \\(place 1\\), got ${wrong}`),
        String(wrong),
      );
    }
  });
});
