import assert from 'node:assert/strict';
import {
  aggregateStream,
  type RowSource,
  type StoredVector,
} from '../../src/aggregation/aggregate-stream.ts';
import { aggregate } from '../../src/aggregation/aggregate.ts';
import type { ColumnSource, VectorSink } from '../../src/linalg/column-source.ts';
import type { Matrix } from '../../src/linalg/linear-algebra.ts';
import { createStreamingLinearAlgebra } from '../../src/linalg/streaming-linear-algebra.ts';
import { ALL_RULES, nameOf } from './all-rules.ts';
import { matrixOf, pipelineOf, PLAIN, randomRows } from './run-aggregate.ts';

/** More than one segment of 32,768 columns, and no multiple of one. */
const D = 70_001;
const N = 11;
/** Two segments of the inputs and of what goes beside them. */
const MEMORY_BYTES = 4 * 65_536 * (N + 2);

function sourceOf(matrix: Matrix, first = 0, count = matrix.n): ColumnSource {
  return {
    n: count,
    d: matrix.d,
    readColumns(start, end, into) {
      assert.ok((into.n + 1) * into.d * 4 <= MEMORY_BYTES, 'no block is larger than the memory allowed');
      for (let i = 0; i < count; i++) into.row(i).set(matrix.row(first + i).subarray(start, end));
    },
  };
}

function vector(): { readonly values: Float32Array; readonly sink: VectorSink; written: number } {
  const state = {
    values: new Float32Array(D),
    written: 0,
    sink: {
      write(start: number, values: Float32Array) {
        assert.equal(start, state.written, 'in order, each once');
        state.values.set(values, start);
        state.written += values.length;
      },
    },
  };
  return state;
}

describe('aggregation of streams', () => {
  const PIPELINES = [
    ...ALL_RULES.map(({ pipeline }) => pipeline),
    { rule: 'median', pre: ['nnm'] },
    { rule: 'trimmed-mean', pre: ['arc', { name: 'bucketing', s: 2, seed: 3 }] },
    { rule: 'ctma', base: 'median', pre: [{ name: 'clip', c: 100 }] },
    { rule: 'ctma', base: 'median', pre: ['nnm'] },
  ];
  const spread = matrixOf(randomRows(1, N, D));
  const close = matrixOf(randomRows(2, N, D, { spread: 1e-3, center: 5 }));
  for (let i = 0; i < 40_000; i++) close.row(3)[i] = close.row(4)[i] as number; // alike in a whole segment

  for (const pipeline of PIPELINES) {
    it(`${nameOf(pipeline)} gives the bytes of one pass in memory`, () => {
      const parsed = pipelineOf(pipeline);
      for (const matrix of [spread, close]) {
        const expected = new Float32Array(D);
        const inMemory = aggregate(parsed, matrix, { f: 2, linalg: PLAIN, out: expected });
        const source: RowSource = { ...sourceOf(matrix), row: (i) => sourceOf(matrix, i, 1) };
        const out = vector();
        const streamed = aggregateStream(parsed, source, {
          f: 2,
          streams: createStreamingLinearAlgebra(PLAIN, MEMORY_BYTES),
          linalg: PLAIN,
          out: out.sink,
          createBase(): StoredVector {
            const base = vector();
            return {
              sink: base.sink,
              source() {
                assert.equal(base.written, D, 'the base is whole before it is read');
                return sourceOf({ n: 1, d: D, row: () => base.values, free: () => {} });
              },
            };
          },
        });
        assert.equal(out.written, D, 'all of the aggregate was written');
        assert.ok(Buffer.from(out.values.buffer).equals(Buffer.from(expected.buffer)), 'the same bytes');
        assert.deepEqual(streamed, inMemory, 'the same report');
      }
    });
  }
});
