import assert from 'node:assert/strict';
import { aggregate } from '../../src/aggregation/aggregate.ts';
import type { LinearAlgebra } from '../../src/linalg/linear-algebra.ts';
import { nameOf } from './all-rules.ts';
import { matrixOf, pipelineOf, PLAIN, randomRows } from './run-aggregate.ts';

type Kernel = 'gram' | 'weightedSum' | 'squaredDistances' | 'columns';

/** Counts the passes over matrices of d columns; smaller ones are blocks. */
function counting(d: number): {
  readonly linalg: LinearAlgebra;
  readonly passes: Partial<Record<Kernel, number>>;
} {
  const passes: Partial<Record<Kernel, number>> = {};
  const count = (kernel: Kernel): void => void (passes[kernel] = (passes[kernel] ?? 0) + 1);
  const linalg: LinearAlgebra = {
    ...PLAIN,
    gram: (x, reference) => (x.d === d && count('gram'), PLAIN.gram(x, reference)),
    weightedSum: (x, c, out, base) => {
      if (x.d === d) count('weightedSum');
      PLAIN.weightedSum(x, c, out, base);
    },
    squaredDistances: (x, point) => (
      x.d === d && count('squaredDistances'),
      PLAIN.squaredDistances(x, point)
    ),
    columns: (x, statistic, out) => {
      if (x.d === d) count('columns');
      PLAIN.columns(x, statistic, out);
    },
  };
  return { linalg, passes };
}

const GRAM_AND_SUM = { gram: 1, weightedSum: 1 };

/** What each pipeline may cost, on inputs that are not close and known to be finite. */
const COSTS: readonly (readonly [unknown, Partial<Record<Kernel, number>>])[] = [
  ['mean', { weightedSum: 1 }],
  ['median', { columns: 1 }],
  ['phocas', { columns: 1 }],
  ['normalized-mean', { squaredDistances: 1, weightedSum: 1 }],
  [
    { rule: 'mean', pre: ['arc'] },
    { squaredDistances: 1, weightedSum: 1 },
  ],
  ['centered-clipping', { squaredDistances: 1, weightedSum: 1 }],
  [{ rule: 'centered-clipping', iterations: 5 }, GRAM_AND_SUM],
  ...['krum', 'multi-krum', 'geometric-median', 'mda', 'smea', 'monna', 'caf', 'flag'].map(
    (rule) => [rule, GRAM_AND_SUM] as const,
  ),
  [{ rule: 'geometric-median', iterations: 'converge' }, GRAM_AND_SUM],
  [{ rule: 'flag', lambda: 4, arithmetic: 'paper' }, GRAM_AND_SUM],
  [{ rule: 'ctma', base: 'geometric-median' }, GRAM_AND_SUM],
  [{ rule: 'ctma', base: 'flag' }, GRAM_AND_SUM],
  [{ rule: 'ctma', base: 'krum', pre: ['arc', 'nnm'] }, GRAM_AND_SUM],
  [{ rule: 'geometric-median', pre: ['nnm', 'bucketing', { name: 'clip', c: 1 }], seed: 1 }, GRAM_AND_SUM],
  [
    { rule: 'ctma', base: 'median' },
    { columns: 1, squaredDistances: 1, weightedSum: 1 },
  ],
  [
    { rule: 'ctma', base: 'mean' },
    { squaredDistances: 1, weightedSum: 2 },
  ],
];

describe('passes over the inputs', () => {
  for (const [pipeline, expected] of COSTS) {
    it(`${nameOf(pipeline)}: ${JSON.stringify(expected)}`, () => {
      const d = 9;
      const { linalg, passes } = counting(d);
      const matrix = matrixOf(randomRows(1, 12, d), linalg);
      aggregate(pipelineOf(pipeline), matrix, { f: 2, linalg, out: new Float32Array(d), knownFinite: true });
      assert.deepEqual(passes, expected, 'so many passes and no more');
    });
  }

  it('measures close inputs a second time, copies not', () => {
    const gramsOf = (rows: number[][]): number => {
      const { linalg, passes } = counting(4);
      aggregate(pipelineOf('krum'), matrixOf(rows, linalg), { f: 1, linalg, out: new Float32Array(4) });
      return passes.gram ?? 0;
    };
    assert.equal(gramsOf(randomRows(2, 6, 4)), 1, 'inputs apart');
    assert.equal(gramsOf(randomRows(2, 6, 4, { spread: 0.01, center: 10 })), 2, 'close inputs');
    const [a, b] = [
      [1, 2, 3, 4],
      [-4, 1, 0, 1],
    ];
    assert.equal(gramsOf([a, b, a, a, b, b]), 1, 'copies need no better distances');
    assert.equal(gramsOf([a, b, [1, 2, 3, 4.01], a, b, b]), 2, 'a near copy does');
  });
});
