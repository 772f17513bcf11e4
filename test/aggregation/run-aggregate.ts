/** What the tests of this room share: rows in, a vector out, and how far two vectors are apart. */
import assert from 'node:assert/strict';
import { aggregate, type AggregateOptions, type Aggregated } from '../../src/aggregation/aggregate.ts';
import { parsePipeline, type Pipeline } from '../../src/aggregation/pipeline.ts';
import { SeededRandom } from '../../src/foundation/seeded-random.ts';
import type { LinearAlgebra, Matrix } from '../../src/linalg/linear-algebra.ts';
import { createPlainLinearAlgebra } from '../../src/linalg/plain-linear-algebra.ts';
import { distance, norm, type Vector } from './naive/vectors.ts';

export const PLAIN = createPlainLinearAlgebra();

export const pipelineOf = (value: unknown): Pipeline => parsePipeline(value, 'aggregation');

export function matrixOf(rows: readonly Vector[], linalg: LinearAlgebra = PLAIN): Matrix {
  const matrix = linalg.createMatrix(rows.length, (rows[0] as Vector).length);
  rows.forEach((row, i) => matrix.row(i).set(row));
  return matrix;
}

export type TestOptions = Partial<Omit<AggregateOptions, 'out'>> & { readonly f: number };

/** Aggregates rows and asserts that nothing was refused. */
export function run(
  pipeline: unknown,
  rows: readonly Vector[],
  options: TestOptions,
): { readonly vector: number[]; readonly result: Aggregated } {
  const linalg = options.linalg ?? PLAIN;
  const matrix = matrixOf(rows, linalg);
  const out = new Float32Array(matrix.d);
  const result = aggregate(pipelineOf(pipeline), matrix, { ...options, linalg, out });
  matrix.free();
  assert.equal(result.kind, 'aggregated', 'finite inputs are aggregated');
  return { vector: [...out], result: result };
}

/** n rows of d float32 normals around a centre drawn from the same stream. */
export function randomRows(
  seed: number,
  n: number,
  d: number,
  { spread = 1, center = 1 }: { readonly spread?: number; readonly center?: number } = {},
): number[][] {
  const random = new SeededRandom(seed, 'rows');
  const middle = Array.from({ length: d }, () => center * random.nextNormal());
  return Array.from({ length: n }, () => middle.map((x) => Math.fround(x + spread * random.nextNormal())));
}

/** Distance relative to the expected norm (or to `unit`, where that is greater). */
export function relativeError(actual: Vector, expected: Vector, unit = 1e-30): number {
  return distance(actual, expected) / Math.max(norm(expected), unit);
}

export function assertClose(actual: Vector, expected: Vector, tolerance: number, message: string): void {
  const error = relativeError(actual, expected);
  const detail = `${message}: relative error ${error}, got ${actual.slice(0, 6).join(' ')}, expected ${expected.slice(0, 6).join(' ')}`;
  assert.ok(error <= tolerance, detail);
}
