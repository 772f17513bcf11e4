import assert from 'node:assert/strict';
import { aggregate } from '../../src/aggregation/aggregate.ts';
import { parsePipeline } from '../../src/aggregation/pipeline.ts';
import { packedReader } from '../../src/compression/vector-reader.ts';
import { SeededRandom } from '../../src/foundation/seeded-random.ts';
import { float32Row } from '../../src/linalg/packed-row.ts';
import { createPlainLinearAlgebra } from '../../src/linalg/plain-linear-algebra.ts';
import { measureContributions } from '../../src/round/contribution-measures.ts';
import { ContributionRows } from '../../src/round/contribution-rows.ts';
import { ALL_RULES, nameOf } from '../aggregation/all-rules.ts';

const [N, D, F] = [7, 40, 1];
const linalg = createPlainLinearAlgebra();

/** Six rows around a centre and one that lies far on its other side. */
function rowsOf(): Float32Array[] {
  const random = new SeededRandom('measures');
  const centre = Float32Array.from({ length: D }, () => random.nextNormal());
  return Array.from({ length: N }, (_, i) =>
    centre.map((x) => (i === N - 1 ? -9 * x : x + 0.3 * random.nextNormal())),
  );
}

const dot = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  Array.from(a, (x, i) => x * (b[i] as number)).reduce((sum, x) => sum + x, 0);
const norm = (a: ArrayLike<number>) => Math.sqrt(dot(a, a));

function measuresOf(pipeline: unknown) {
  const rows = rowsOf();
  const matrix = linalg.createMatrix(N, D);
  rows.forEach((row, i) => matrix.row(i).set(row));
  const output = new Float32Array(D);
  const aggregation = aggregate(parsePipeline(pipeline, 'aggregation'), matrix, {
    f: F,
    linalg,
    out: output,
    seed: new Uint8Array(32),
  });
  assert.equal(aggregation.kind, 'aggregated', 'finite rows');
  if (aggregation.kind !== 'aggregated') throw new Error('unreachable');
  const workers = rows.map((_, i) => `worker-${i}`);
  const readers = rows.map((row) => packedReader(float32Row(row)));
  const given = new ContributionRows(readers, D, linalg);
  const measures = measureContributions({
    workers,
    rows: given,
    output,
    aggregation,
    clipped: undefined,
    linalg,
  });
  return { rows, output, measures, aggregation };
}

const PIPELINES = [
  ...ALL_RULES.map(({ pipeline }) => pipeline),
  { rule: 'median', pre: ['nnm'] },
  { rule: 'krum', pre: [{ name: 'clip', c: 3 }] },
  { rule: 'ctma', base: 'geometric-median', pre: ['arc', 'nnm'] },
];

describe('contribution measures', () => {
  for (const pipeline of PIPELINES) {
    it(`of ${nameOf(pipeline)} are what a naive pass over the numbers finds`, () => {
      const { rows, output, measures } = measuresOf(pipeline);
      for (const [i, row] of rows.entries()) {
        const { norm: n, distance, cosine } = measures[i]!;
        const near = (actual: number, expected: number, what: string) =>
          assert.ok(
            Math.abs(actual - expected) <= 1e-4 * (1 + Math.abs(expected)),
            `${what} of row ${i}: ${actual}, naive ${expected}`,
          );
        near(n, norm(row), 'norm');
        near(distance, norm(row.map((x, j) => x - output[j]!)), 'distance');
        near(cosine, dot(row, output) / (norm(row) * norm(output)), 'cosine');
      }
    });
  }

  it('say who was trimmed', () => {
    const { measures } = measuresOf({ rule: 'ctma', base: 'geometric-median' });
    assert.deepEqual(
      measures.filter(({ trimmed }) => trimmed).map(({ worker, weight }) => [worker, weight]),
      [[`worker-${N - 1}`, 0]],
      'the one far away, and it weighs nothing',
    );
  });

  it('say by how much an input was clipped before the rule', () => {
    const { rows, measures } = measuresOf({ rule: 'mean', pre: [{ name: 'clip', c: 2 }] });
    for (const [i, row] of rows.entries()) {
      const expected = Math.min(1, 2 / norm(row));
      assert.ok(Math.abs(measures[i]!.scale - expected) < 1e-6, `scale of row ${i}: ${measures[i]!.scale}`);
    }
  });

  it('take no pass over the numbers where coefficient space knows them', () => {
    const { aggregation } = measuresOf({ rule: 'ctma', base: 'geometric-median' });
    assert.ok(aggregation.kind === 'aggregated' && aggregation.inputs?.norms !== undefined, 'norms');
    assert.ok(aggregation.inputs.distances !== undefined, 'distances');
  });
});
