/**
 * Every rule over every compressor, read out of the bodies, against the same rule on a matrix of what the compressor decodes:
 * the aggregate's bytes and the report are equal, with kernels on one and two threads and in plain arrays.
 */
import assert from 'node:assert/strict';
import { aggregateStream } from '../../src/aggregation/aggregate-stream.ts';
import { aggregate } from '../../src/aggregation/aggregate.ts';
import { parseCompressor } from '../../src/compression/compressor-spec.ts';
import { createCompressor } from '../../src/compression/create-compressor.ts';
import type { VectorReader } from '../../src/compression/vector-reader.ts';
import { SeededRandom } from '../../src/foundation/seeded-random.ts';
import type { LinearAlgebra, Matrix } from '../../src/linalg/linear-algebra.ts';
import { vectorSink, vectorSource } from '../../src/linalg/memory-source.ts';
import { createPlainLinearAlgebra } from '../../src/linalg/plain-linear-algebra.ts';
import { createStreamingLinearAlgebra } from '../../src/linalg/streaming-linear-algebra.ts';
import { createWasmLinearAlgebra } from '../../src/linalg/wasm-linear-algebra.ts';
import { ContributionRows } from '../../src/round/contribution-rows.ts';
import { ALL_RULES, nameOf } from '../aggregation/all-rules.ts';
import { pipelineOf } from '../aggregation/run-aggregate.ts';
import { ALL_COMPRESSORS } from '../compression/all-compressors.ts';

/** One whole segment of 32,768 columns and a rest that is no multiple of four. */
const D = 33_003;
const [N, F] = [9, 1];
const SHAPES = [
  { name: 'kernel', shape: [180, 180] },
  { name: 'bias', shape: [603] },
];
const SEED = new Uint8Array(32).fill(7);

const PIPELINES = [
  ...ALL_RULES.map(({ pipeline }) => pipeline),
  { rule: 'mean', pre: [{ name: 'clip', c: 50 }] },
  { rule: 'median', pre: [{ name: 'clip', c: 50 }] },
  { rule: 'median', pre: ['nnm'] },
  { rule: 'trimmed-mean', pre: ['arc', { name: 'bucketing', s: 2, seed: 3 }] },
  { rule: 'ctma', base: 'median', pre: [{ name: 'clip', c: 100 }] },
].map((pipeline) => [nameOf(pipeline), pipelineOf(pipeline)] as const);

const plain = createPlainLinearAlgebra();

/** Vectors around a common one, so that a second pass around one of them is needed where `spread` is small. */
function contributions(
  spec: unknown,
  spread: number,
  dense: LinearAlgebra,
): { readers: VectorReader[]; matrix: Matrix } {
  const compressor = createCompressor(parseCompressor(spec, 'compressor'), D, SHAPES);
  const random = new SeededRandom('rows', nameOf(spec), String(spread));
  const common = Float32Array.from({ length: D }, () => random.nextNormal());
  const matrix = dense.createMatrix(N, D);
  const readers = Array.from({ length: N }, (_, i) => {
    const context = { round: 1, seed: SEED, worker: i === 4 ? 'worker-3' : `worker-${i}` };
    const own = i === 4 ? new Float32Array(D) : common.map((x) => x + spread * random.nextNormal());
    if (i === 4) own.set(matrix.row(3)); // nearly a copy of another's
    const bytes = compressor.encode(own, context);
    assert.equal(compressor.decode(bytes, context, matrix.row(i)), undefined);
    const reader = compressor.open(bytes, context);
    assert.ok(typeof reader !== 'string');
    return reader;
  });
  return { readers, matrix };
}

describe('contributions read out of their bodies', () => {
  const wasm = [1, 2].map((threads) => createWasmLinearAlgebra({ threads }));
  const algebras: readonly (readonly [string, LinearAlgebra])[] = [
    ['plain arrays', plain],
    ['one thread', wasm[0]!],
    ['two threads', wasm[1]!],
  ];
  before(() => Promise.all(wasm.map(({ ready }) => ready)));
  after(() => wasm.forEach((algebra) => algebra.close()));

  for (const [at, spec] of ALL_COMPRESSORS.entries()) {
    it(`${nameOf(spec)}: all rules`, () => {
      const { readers, matrix } = contributions(spec, at % 2 === 0 ? 1 : 1e-3, wasm[0]!);
      const previous = matrix.row(2).map((x) => x / 2);
      // plain arrays take every other compressor: they are slow, and read all encodings alike
      const sources = algebras
        .filter(([, linalg]) => linalg !== plain || at % 3 === 0)
        .map(([kind, linalg]) => ({ kind, linalg, rows: new ContributionRows(readers, D, linalg) }));
      for (const [name, pipeline] of PIPELINES) {
        const options = { f: F, seed: SEED };
        const expected = new Float32Array(D);
        const dense = aggregate(pipeline, matrix, { ...options, linalg: wasm[0]!, out: expected, previous });
        for (const { kind, linalg, rows } of sources) {
          const out = new Float32Array(D);
          const found = aggregateStream(pipeline, rows, {
            ...{ ...options, linalg, streams: rows.streams(linalg), previous: vectorSource(previous) },
            out: vectorSink(out),
            createBase: () => ({ sink: vectorSink(out), source: () => vectorSource(out) }),
          });
          const what = `${name}, ${kind}`;
          assert.ok(Buffer.from(out.buffer).equals(Buffer.from(expected.buffer)), `${what}: the same bytes`);
          assert.deepEqual(found, dense, `${what}: the same report`);
        }
      }
      matrix.free();
    });
  }

  it('that are decoded block by block give the same bytes', () => {
    const { readers, matrix } = contributions({ kind: 'qsgd', levels: 4, block: 48 }, 1, wasm[1]!);
    for (const [name, pipeline] of PIPELINES.slice(0, 8)) {
      const expected = new Float32Array(D);
      aggregate(pipeline, matrix, { f: F, seed: SEED, linalg: wasm[1]!, out: expected });
      const out = new Float32Array(D);
      const source = {
        ...{ n: N, d: D },
        readColumns: (start: number, end: number, into: Matrix) =>
          readers.forEach((reader, i) => reader.read(start, end, into.row(i))),
        row: (i: number) => ({
          ...{ n: 1, d: D },
          readColumns: (start: number, end: number, into: Matrix) =>
            readers[i]!.fork().read(start, end, into.row(0)),
        }),
      };
      aggregateStream(pipeline, source, {
        ...{ f: F, seed: SEED, linalg: wasm[1]! },
        streams: createStreamingLinearAlgebra(wasm[1]!, (N + 2) * 131_072),
        out: vectorSink(out),
        createBase: () => ({ sink: vectorSink(out), source: () => vectorSource(out) }),
      });
      assert.ok(Buffer.from(out.buffer).equals(Buffer.from(expected.buffer)), `${name}: the same bytes`);
    }
  });

  it('are clipped to a norm, each value rounded once', () => {
    const { readers, matrix } = contributions('int8', 1, plain);
    const norms = Array.from(plain.squaredDistances(matrix, new Float32Array(D)), Math.sqrt);
    const level = norms.toSorted((a, b) => a - b)[N >> 1]!;
    for (const [, linalg] of algebras) {
      const { rows, factors } = new ContributionRows(readers, D, linalg).clipped(level, linalg);
      const clipped = linalg.createMatrix(N, D);
      rows.readColumns(0, D, clipped);
      factors.forEach((factor, i) => {
        assert.equal(factor, norms[i]! <= level ? 1 : level / norms[i]!);
        assert.deepEqual(
          clipped.row(i),
          matrix.row(i).map((x) => x * factor),
        );
      });
      assert.ok(factors.some((factor) => factor < 1) && factors.includes(1), 'some are clipped');
      clipped.free();
    }
  });
});
