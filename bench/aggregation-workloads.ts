/** What bench:aggregation times: the kernels, and every rule with f = floor((n - 3) / 4). */
import { assert } from '../src/foundation/assert.ts';
import type { SeededRandom } from '../src/foundation/seeded-random.ts';
import { aggregate } from '../src/aggregation/aggregate.ts';
import { parsePipeline } from '../src/aggregation/pipeline.ts';
import type { LinearAlgebra, Matrix } from '../src/linalg/linear-algebra.ts';
import type { Timed } from './medians.ts';

export type Workload = Timed;

/** Pipelines as an experiment file names them. MDA and SMEA search subsets and are left to small f. */
const PIPELINES: readonly (readonly [string, unknown])[] = [
  ['mean', 'mean'],
  ['normalized-mean', 'normalized-mean'],
  ['median', 'median'],
  ['median, lower', { rule: { name: 'median', ties: 'lower' } }],
  ['trimmed-mean', 'trimmed-mean'],
  ['krum', 'krum'],
  ['multi-krum', 'multi-krum'],
  ['geometric-median, 3 steps', { rule: { name: 'geometric-median', iterations: 3, nu: 0.1 } }],
  ['centered-clipping', { rule: { name: 'centered-clipping', tau: 10, iterations: 1 } }],
  ['mda', 'mda'],
  ['smea', 'smea'],
  ['monna', { rule: { name: 'monna', own: 0 } }],
  ['meamed', 'meamed'],
  ['phocas', 'phocas'],
  ['bulyan', 'bulyan'],
  ['caf', 'caf'],
  ['flag, lambda 0', { rule: { name: 'flag', lambda: 0 } }],
  ['flag, lambda 4', { rule: { name: 'flag', lambda: 4 } }],
  ['ctma over geometric-median', { rule: 'ctma', base: 'geometric-median' }],
  ['ctma over median', { rule: 'ctma', base: 'median' }],
  ['nnm, trimmed-mean', { pre: ['nnm'], rule: 'trimmed-mean' }],
  ['nnm, krum', { pre: ['nnm'], rule: 'krum' }],
];

/** Rules whose exact search is exponential in f are timed with this f where n is large. */
const SEARCHING = new Map([
  ['mda', 3],
  ['smea', 2],
]);

export function workloads(linalg: LinearAlgebra, x: Matrix, out: Float32Array): Workload[] {
  const { n } = x;
  const f = Math.floor((n - 3) / 4);
  const coefficients = new Float64Array(n).fill(1 / n);
  const weights = Float64Array.from({ length: n }, (_, i) => 1 + (i % 5));
  const kernels: Workload[] = [
    { name: 'gram', run: () => void linalg.gram(x) },
    { name: 'gram, less a row', run: () => void linalg.gram(x, x.row(0)) },
    { name: 'weighted sum', run: () => linalg.weightedSum(x, coefficients, out) },
    { name: 'distances to a point', run: () => void linalg.squaredDistances(x, x.row(0)) },
    { name: 'finiteness', run: () => void linalg.nonFiniteRows(x) },
    {
      name: 'column medians',
      run: () => linalg.columns(x, { kind: 'median', ties: 'lower' }, out),
    },
    {
      name: 'weighted column medians',
      run: () => linalg.columns(x, { kind: 'weighted-median', weights }, out),
    },
  ];
  const rules = PIPELINES.map(([name, data]): Workload => {
    const pipeline = parsePipeline(data, name);
    const bound = Math.min(f, SEARCHING.get(name) ?? f);
    return {
      name,
      run: () => {
        const { kind } = aggregate(pipeline, x, { f: bound, linalg, out });
        assert(kind === 'aggregated', 'the inputs are finite');
      },
    };
  });
  return [...kernels, ...rules];
}

/** Normal values; one block is drawn and repeated with other signs, which is fast and keeps the rows independent. */
export function fillNormal(x: Matrix, random: SeededRandom): void {
  const block = Float32Array.from({ length: DRAWN }, () => random.nextNormal());
  for (let i = 0; i < x.n; i++) {
    const row = x.row(i);
    for (let start = 0; start < x.d; start += STEP) {
      const from = random.nextBelow(DRAWN - STEP);
      row.set(block.subarray(from, from + Math.min(STEP, x.d - start)), start);
    }
  }
}

const DRAWN = 1_048_576;
const STEP = 4096;
