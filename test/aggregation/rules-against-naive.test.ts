import { LINEAR_ALGEBRAS } from './linear-algebras.ts';
import { naiveAggregate } from './naive/pipeline.ts';
import { assertClose, pipelineOf, randomRows, run, type TestOptions } from './run-aggregate.ts';

/** Every rule with the settings that change its arithmetic. */
export const RULES: readonly unknown[] = [
  'mean',
  'normalized-mean',
  'median',
  { rule: 'median', ties: 'lower' },
  'trimmed-mean',
  'krum',
  'multi-krum',
  'geometric-median',
  { rule: 'geometric-median', iterations: 8, nu: 0.1 },
  { rule: 'geometric-median', iterations: 5, nu: 2 },
  { rule: 'geometric-median', iterations: 'converge' },
  { rule: 'geometric-median', iterations: 'converge', nu: 0.5 },
  'centered-clipping',
  { rule: 'centered-clipping', tau: 2.5, iterations: 4 },
  'mda',
  'smea',
  { rule: 'monna', own: 2 },
  'meamed',
  'phocas',
  'bulyan',
  'caf',
  'flag',
  { rule: 'flag', lambda: 4 },
  { rule: 'flag', arithmetic: 'released', iterations: 5, lambda: 4, r: 2 },
  { rule: 'flag', arithmetic: 'paper' },
  { rule: 'flag', arithmetic: 'paper', lambda: 4, r: 3 },
  ...['mean', 'median', 'trimmed-mean', 'krum', 'geometric-median', 'bulyan', 'flag', 'normalized-mean'].map(
    (base) => ({ rule: 'ctma', base }),
  ),
  { rule: 'ctma', base: 'median', trim: 0.3 },
];

const PRE: readonly (readonly unknown[])[] = [
  [],
  ['nnm'],
  [{ name: 'bucketing', s: 2 }],
  [{ name: 'clip', c: 3 }],
  ['arc'],
  ['arc', 'nnm'],
  [{ name: 'bucketing', s: 2 }, 'nnm', { name: 'clip', c: 2 }],
];

const SEED = Uint8Array.of(1, 2, 3);

const nameOf = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));
const pipelineWith = (pre: readonly unknown[], rule: unknown): object => ({
  pre,
  ...(typeof rule === 'string' ? { rule } : (rule as object)),
});

function compare(
  pipeline: unknown,
  rows: number[][],
  options: TestOptions,
  tolerance: number,
  what: string,
): void {
  const expected = naiveAggregate(pipelineOf(pipeline), rows, {
    f: options.f,
    ...(options.seed && { seed: options.seed }),
    ...(options.weights && { weights: [...options.weights] }),
    ...(options.previous && { previous: [...options.previous] }),
    ...(options.own !== undefined && { own: options.own }),
  });
  assertClose(run(pipeline, rows, options).vector, expected, tolerance, what);
}

for (const { name, create, tolerance, subspaceTolerance } of LINEAR_ALGEBRAS) {
  describe(`aggregation rules against a naive second implementation, ${name}`, () => {
    const linalg = create();
    after(() => linalg.close());

    for (const rule of RULES) {
      const allowed = nameOf(rule).includes('flag') ? subspaceTolerance : tolerance;
      it(`${nameOf(rule)} on random inputs, with every pre-aggregator`, () => {
        for (const pre of PRE) {
          if ((rule as { rule?: string }).rule === 'monna' && nameOf(pre).includes('bucketing')) continue;
          for (const [seed, n, d, f] of [
            [1, 14, 5, 1],
            [2, 15, 7, 1],
          ] as const) {
            const rows = randomRows(seed, n, d);
            const pipeline = pipelineWith(pre, rule);
            compare(
              pipeline,
              rows,
              { f, seed: SEED, linalg },
              allowed,
              `${nameOf(pre)} then ${nameOf(rule)}, n ${n}`,
            );
          }
        }
      });

      it(`${nameOf(rule)} on inputs of norm 1e3 within 1e-3 of each other`, () => {
        const rows = randomRows(5, 11, 8, { center: 1e3 / Math.sqrt(8), spread: 1e-4 });
        compare(pipelineWith([], rule), rows, { f: 2, linalg }, tolerance, 'close inputs');
      });
    }
  });
}
