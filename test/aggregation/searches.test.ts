/** The exact searches against trying everything, and selections that only show in the coefficients. */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { leastDiameterSubset } from '../../src/aggregation/rules/mda.ts';
import { distance, norm, order, pick, scale, subsets, type Vector } from './naive/vectors.ts';
import { randomRows, run } from './run-aggregate.ts';

function diameter(distances: Float64Array, n: number, subset: readonly number[]): number {
  return Math.max(0, ...subset.flatMap((i) => subset.map((j) => distances[i * n + j] as number)));
}

describe('exact searches', () => {
  it('MDA finds the lexicographically first subset of least diameter (property)', () => {
    // few different distances: many ties, and conflict graphs of every kind
    const shape = fc.integer({ min: 1, max: 10 }).chain((n) =>
      fc.record({
        n: fc.constant(n),
        keep: fc.integer({ min: 1, max: n }),
        values: fc.array(fc.integer({ min: 1, max: 4 }), { minLength: n * n, maxLength: n * n }),
      }),
    );
    fc.assert(
      fc.property(shape, ({ n, keep, values }) => {
        const distances = new Float64Array(n * n);
        for (let i = 0; i < n; i++) {
          for (let j = 0; j < i; j++)
            distances[i * n + j] = distances[j * n + i] = values[i * n + j] as number;
        }
        let best: number[] = [];
        let least = Infinity;
        for (const subset of subsets(n, keep)) {
          const value = diameter(distances, n, subset);
          if (value < least) [least, best] = [value, subset];
        }
        assert.deepEqual(leastDiameterSubset(distances, n, keep), best, 'as by trying every subset');
      }),
      { numRuns: 1500 },
    );
  });

  it('MDA solves dense conflicts of 64 points', () => {
    // two clusters of 40 and 24 far apart: the first is the answer
    const n = 64;
    const distances = Float64Array.from({ length: n * n }, (_, k) => {
      const [i, j] = [Math.floor(k / n), k % n];
      return i === j ? 0 : i % 8 < 5 === j % 8 < 5 ? 1 + ((i * j) % 7) / 10 : 9;
    });
    const expected = Array.from({ length: n }, (_, i) => i).filter((i) => i % 8 < 5);
    assert.deepEqual(leastDiameterSubset(distances, n, 40), expected, 'the larger cluster');
  });

  it('Krum tells inputs apart that clipping has brought still closer together', () => {
    for (let seed = 0; seed < 10; seed++) {
      const rows = randomRows(seed, 9, 8, { center: 1e3 / Math.sqrt(8), spread: 3e-4 });
      const clipped: Vector[] = rows.map((x) => scale(x, 3 / norm(x)));
      const scores = clipped.map((x) => {
        const others = clipped.map((y) => distance(x, y) ** 2).sort((a, b) => a - b);
        return pick(others, [1, 2, 3, 4, 5]).reduce((sum, d2) => sum + d2, 0);
      });
      const { result } = run({ rule: 'krum', pre: [{ name: 'clip', c: 3 }] }, rows, { f: 2 });
      const chosen = [...(result.coefficients ?? [])].findIndex((c) => c !== 0);
      assert.equal(chosen, order(scores)[0], `seed ${seed}: the input that Krum takes in R^d`);
      const ranked = order((result.report?.rows ?? []).map((row) => row.distance));
      assert.deepEqual(ranked, order(scores), `seed ${seed}: all scores are in their order`);
    }
  });
});
