import assert from 'node:assert/strict';
import type { ColumnSource } from '../../src/linalg/column-source.ts';
import { SEGMENT_COLUMNS } from '../../src/linalg/gram-blocks.ts';
import { createPlainLinearAlgebra } from '../../src/linalg/plain-linear-algebra.ts';
import { createStreamingLinearAlgebra } from '../../src/linalg/streaming-linear-algebra.ts';
import { createWasmLinearAlgebra } from '../../src/linalg/wasm-linear-algebra.ts';
import { bytesOf, fill, nameOf, normalRows, statisticsFor } from './naive.ts';

const SEGMENT_BYTES = 4 * SEGMENT_COLUMNS;

function sourceOf(rows: readonly Float32Array[], d: number): ColumnSource & { readonly reads: number[] } {
  const reads: number[] = [];
  return {
    ...{ n: rows.length, d, reads },
    readColumns(start, end, into) {
      reads.push(end - start);
      rows.forEach((row, i) => into.row(i).set(row.subarray(start, end)));
    },
  };
}

describe('streaming linear algebra', () => {
  const [n, d] = [3, 4 * SEGMENT_COLUMNS + 77];
  const rows = normalRows(n, d, 1);
  const point = normalRows(1, d, 2);

  it('gives the bytes of one call, with blocks of one and of two segments', () => {
    const coefficients = Float64Array.of(0.5, -1, 0.25);
    for (const linalg of [createPlainLinearAlgebra(), createWasmLinearAlgebra({ threads: 2 })]) {
      const x = fill(linalg, rows, d);
      for (const segments of [1, 2]) {
        const streams = createStreamingLinearAlgebra(linalg, (n + 2) * segments * SEGMENT_BYTES);
        const what = `${segments} segments`;
        assert.equal(bytesOf(streams.gram(sourceOf(rows, d))), bytesOf(linalg.gram(x)), `gram, ${what}`);
        assert.equal(
          bytesOf(streams.gram(sourceOf(rows, d), sourceOf(point, d))),
          bytesOf(linalg.gram(x, point[0])),
          `gram less reference, ${what}`,
        );
        assert.equal(
          bytesOf(streams.squaredDistances(sourceOf(rows, d), sourceOf(point, d))),
          bytesOf(linalg.squaredDistances(x, point[0]!)),
          `distances, ${what}`,
        );
        const streamed = new Float32Array(d);
        const sink = { write: (start: number, values: Float32Array) => streamed.set(values, start) };
        const whole = new Float32Array(d);
        streams.weightedSum(sourceOf(rows, d), coefficients, sink, sourceOf(point, d));
        linalg.weightedSum(x, coefficients, whole, point[0]);
        assert.equal(bytesOf(streamed), bytesOf(whole), `sum on base, ${what}`);
        for (const statistic of statisticsFor(n).slice(0, 3)) {
          streams.columns(sourceOf(rows, d), statistic, sink);
          linalg.columns(x, statistic, whole);
          assert.equal(bytesOf(streamed), bytesOf(whole), `${nameOf(statistic)}, ${what}`);
        }
      }
      linalg.close();
    }
  });

  it('reads each column once and never more than fits its memory', () => {
    const linalg = createWasmLinearAlgebra({ threads: 1 });
    const source = sourceOf(rows, d);
    createStreamingLinearAlgebra(linalg, 3.9 * n * SEGMENT_BYTES).gram(source);
    assert.deepEqual(
      source.reads,
      [3 * SEGMENT_COLUMNS, SEGMENT_COLUMNS + 77],
      'whole segments, then the rest',
    );
    assert.equal(linalg.usedBytes, 0, 'all memory is given back');
    linalg.close();
  });

  it('gives its memory back when the source fails, and says how much it needs', () => {
    const linalg = createWasmLinearAlgebra({ threads: 1 });
    const failing: ColumnSource = {
      ...{ n, d },
      readColumns: () => {
        throw new Error('the file ends early');
      },
    };
    assert.throws(() => createStreamingLinearAlgebra(linalg, 2 ** 26).gram(failing), /ends early/);
    assert.equal(linalg.usedBytes, 0, 'nothing is left behind');
    const tight = createStreamingLinearAlgebra(linalg, n * SEGMENT_BYTES - 1);
    assert.throws(
      () => tight.gram(sourceOf(rows, d)),
      /memory must be at least 1 MiB for 32768 values of each of 3 vectors/,
    );
    linalg.close();
  });
});
