import assert from 'node:assert/strict';
import fc from 'fast-check';
import { SEGMENT_COLUMNS } from '../../src/linalg/gram-blocks.ts';
import { createPlainLinearAlgebra } from '../../src/linalg/plain-linear-algebra.ts';
import { fill, naiveGram, naiveStatistic, nameOf, normalRows, statisticsFor, tiedRows } from './naive.ts';

const linalg = createPlainLinearAlgebra();

/** Largest error of a Gram matrix, relative to the product of the norms (Cauchy-Schwarz). */
function gramError(gram: Float64Array, expected: readonly (readonly number[])[]): number {
  let worst = 0;
  expected.forEach((row, i) =>
    row.forEach((value, j) => {
      const scale = Math.sqrt(expected[i]![i]! * expected[j]![j]!);
      const error = Math.abs(gram[i * expected.length + j]! - value);
      worst = Math.max(worst, scale === 0 ? error : error / scale);
    }),
  );
  return worst;
}

describe('plain linear algebra', () => {
  it('gives a Gram matrix worked by hand, with and without a reference', () => {
    const x = fill(linalg, [Float32Array.of(1, 2, 3, 4, 5), Float32Array.of(0, -1, 2, 0.5, -2)], 5);
    assert.deepEqual([...linalg.gram(x)], [55, -4, -4, 9.25], 'inner products');
    const shifted = linalg.gram(x, Float32Array.of(1, 1, 1, 1, 1));
    assert.deepEqual([...shifted], [30, -13.5, -13.5, 15.25], 'after subtracting ones');
    assert.deepEqual(
      [...linalg.gram(x, undefined, Float64Array.of(1, 0, 0, 1))],
      [56, -4, -4, 10.25],
      'onto',
    );
  });

  it('is within 1e-6 of the naive Gram matrix', () => {
    for (const [n, d] of [
      [1, 1],
      [2, 3],
      [5, 257],
      [3, SEGMENT_COLUMNS + 5],
    ] as const) {
      const rows = normalRows(n, d, 1);
      assert.ok(gramError(linalg.gram(fill(linalg, rows, d)), naiveGram(rows)) < 1e-6, `n ${n}, d ${d}`);
    }
  });

  it('keeps 1e-5 on close inputs: norm 1e3, all within 1e-3 of each other', () => {
    const [n, d] = [8, 10_000];
    const [center] = normalRows(1, d, 7, 10) as [Float32Array];
    const rows = normalRows(n, d, 8, 7e-6).map((noise) => noise.map((e, c) => center[c]! + e));
    const wide = rows.map((row) => Float64Array.from(row));
    const norm = Math.sqrt(naiveGram(wide.slice(0, 1))[0]![0]!);
    assert.ok(norm > 900 && norm < 1100, `norm ${norm}`);
    const gram = linalg.gram(fill(linalg, rows, d), rows[0]);
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < i; j++) {
        const exact = wide[i]!.reduce((sum, x, c) => sum + (x - wide[j]![c]!) ** 2, 0);
        const distance = gram[i * n + i]! + gram[j * n + j]! - 2 * gram[i * n + j]!;
        assert.ok(Math.sqrt(exact) < 1.2e-3, `inputs ${i} and ${j} are ${Math.sqrt(exact)} apart`);
        assert.ok(Math.abs(distance - exact) < 1e-5 * exact, `distance ${i}, ${j}: ${distance} of ${exact}`);
      }
    }
    const withoutReference = linalg.gram(fill(linalg, rows, d));
    const cancelled = withoutReference[0]! + withoutReference[n + 1]! - 2 * withoutReference[1]!;
    const exact = wide[1]!.reduce((sum, x, c) => sum + (x - wide[0]![c]!) ** 2, 0);
    assert.ok(Math.abs(cancelled - exact) > 1e-5 * exact, 'the reference is what keeps the accuracy');
  });

  it('takes values whose float32 products overflow or vanish, and rows of zeros', () => {
    const d = 300;
    for (const scale of [1e38, 1e30, 1e-30, 1e-45, 2 ** -60]) {
      const rows = [
        ...normalRows(2, d, 3, 1).map((row) => row.map((x) => Math.max(-3, Math.min(3, x)) * scale)),
        new Float32Array(d),
        new Float32Array(d).fill(1),
      ];
      const x = fill(linalg, rows, d);
      assert.ok(gramError(linalg.gram(x), naiveGram(rows)) < 1e-6, `scale ${scale}`);
      const shifted = linalg.gram(
        x,
        rows[0]!.map((v) => -v),
      );
      assert.ok(
        gramError(
          shifted,
          naiveGram(
            rows,
            rows[0]!.map((v) => -v),
          ),
        ) < 1e-6,
        `reference, ${scale}`,
      );
      const distances = linalg.squaredDistances(x, rows[1]!);
      rows.forEach((row, i) => {
        const exact = row.reduce((sum, v, c) => sum + (v - rows[1]![c]!) ** 2, 0);
        assert.ok(Math.abs(distances[i]! - exact) <= 1e-12 * exact, `distance ${i} at scale ${scale}`);
      });
    }
  });

  it('gives weighted sums rounded once', () => {
    const rows = normalRows(5, 9001, 4);
    const coefficients = Float64Array.of(0.1, -0.7, 3, 1e-9, 0);
    const x = fill(linalg, rows, 9001);
    const base = normalRows(1, 9001, 5)[0]!;
    for (const start of [undefined, base]) {
      const out = new Float32Array(9001);
      linalg.weightedSum(x, coefficients, out, start);
      out.forEach((value, c) => {
        const sum = rows.reduce((s, row, i) => s + coefficients[i]! * row[c]!, start ? start[c]! : 0);
        assert.equal(value, Math.fround(sum), `column ${c}`);
      });
    }
    linalg.weightedSum(x, coefficients, x.row(2));
    assert.equal(
      x.row(2)[0],
      Math.fround(rows.reduce((s, row, i) => s + coefficients[i]! * row[0]!, 0)),
      'in place',
    );
  });

  it('gives column statistics as defined, with ties and zeros of both signs', () => {
    for (const n of [1, 2, 3, 4, 5, 8, 16, 17, 30]) {
      const d = 200;
      for (const rows of [tiedRows(n, d, 6), normalRows(n, d, 6)]) {
        for (const statistic of statisticsFor(n)) {
          const out = new Float32Array(d);
          linalg.columns(fill(linalg, rows, d), statistic, out);
          for (let c = 0; c < d; c++) {
            const expected = naiveStatistic(
              rows.map((row) => row[c]!),
              statistic,
            );
            assert.ok(
              Object.is(out[c], Math.fround(expected) + 0),
              `n ${n}, ${nameOf(statistic)}, column ${c}`,
            );
          }
        }
      }
    }
  });

  it('does not depend on the order of the rows (property)', () => {
    fc.assert(
      fc.property(
        fc.array(fc.float({ noNaN: true, noDefaultInfinity: true }), { minLength: 1, maxLength: 12 }),
        (column) => {
          const n = column.length;
          for (const statistic of statisticsFor(n).filter(({ kind }) => kind !== 'weighted-median')) {
            const [there, back] = [column, [...column].reverse()].map((values) => {
              const out = new Float32Array(1);
              linalg.columns(
                fill(
                  linalg,
                  values.map((x) => Float32Array.of(x)),
                  1,
                ),
                statistic,
                out,
              );
              return out[0];
            });
            assert.ok(Object.is(there, back), `${nameOf(statistic)}: ${there} and ${back}`);
          }
        },
      ),
    );
  });

  it('takes no columns, and asserts its operands', () => {
    const x = linalg.createMatrix(3, 0);
    assert.deepEqual([...linalg.gram(x)], new Array(9).fill(0), 'd = 0');
    assert.throws(() => linalg.gram(x, new Float32Array(1)), /reference has length 1, not 0/);
    const y = linalg.createMatrix(4, 2);
    assert.throws(() => linalg.columns(y, { kind: 'trimmed-mean', f: 2 }, new Float32Array(2)), /2 f < n/);
    assert.throws(
      () => linalg.columns(y, { kind: 'nearest-to-median', keep: 0 }, new Float32Array(2)),
      /keep/,
    );
    assert.throws(() => y.row(4), /row 4/);
    y.free();
    assert.throws(() => y.row(0), /0 once freed/);
  });
});
