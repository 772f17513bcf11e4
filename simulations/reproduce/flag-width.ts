/**
 * Does Flag's place under random vectors (Almasi, Mishra, Vamanan, Ravi, arXiv 2302.05865) come from the network's size?
 * f vectors of U[0, 1) share one direction, the all-ones vector; what a shift along it does to a network falls as
 * 1/sqrt(d) and batch norm removes most of a common shift. So a small network cannot refute a claim about one of 11 M
 * parameters: LeNet at three widths (d about 1e4, 1e5, 1e6), with and without batch norm, on CIFAR-10.
 */
import { accuracyOf, accuracyTable, presentOf, where, type Labels } from './accuracy-grid.ts';
import { accuracyStudy, combinations } from './accuracy-study.ts';
import type { FinishedCell, Figure, GridSize } from './reproduction.ts';
import type { Finding } from './verdict.ts';

const WORKERS = 15;
const RULES: Readonly<Record<string, unknown>> = {
  'Flag 0': { name: 'flag', lambda: 0 },
  'normalised mean': 'normalized-mean',
  'Multi-Krum': 'multi-krum',
  'trimmed mean': 'trimmed-mean',
};
/** LeNet's width that gives about d parameters on images of 3 x 32 x 32. */
const WIDTHS: Readonly<Record<string, number>> = { '1e4': 0.35, '1e5': 1.1, '1e6': 3.5 };
const NORMS = ['batch norm', 'no norm'] as const;
const ROUNDS: Readonly<Record<GridSize, number>> = { quick: 20, standard: 60, paper: 600 };

interface WidthLabels extends Labels {
  readonly d: string;
  readonly norm: (typeof NORMS)[number];
  readonly f: number;
  readonly rule: string;
  readonly attack: 'none' | 'random';
}

export const flagWidth = accuracyStudy<WidthLabels>({
  name: 'flag-width',
  title: 'Flag under random vectors against the width of the network',
  about:
    'Almasi, Mishra, Vamanan, Ravi, arXiv 2302.05865: CIFAR-10, 15 workers, f send U[0, 1) in every coordinate; SGD with ' +
    'momentum 0.9 and weight decay 5e-4.',
  data: 'cifar10',
  reductions: (size) => [
    `LeNet at three widths in place of ResNet-18 (11 M parameters), batches of 16 in place of 128, rate 0.05 in place of 0.2, ${ROUNDS[size]} rounds in place of 1040, no decay of the rate.`,
    ...(size === 'quick' ? ['d = 1e4, f = 3 only.'] : []),
  ],
  runs: (size) => {
    const quick = size === 'quick';
    const common = { d: quick ? ['1e4'] : Object.keys(WIDTHS), norm: NORMS };
    return [
      ...combinations({
        ...common,
        f: quick ? [3] : [3, 2, 1],
        rule: Object.keys(RULES),
        attack: ['random'],
      }),
      ...combinations({ ...common, f: [3], rule: ['Flag 0', 'Multi-Krum'], attack: ['none'] }),
    ];
  },
  settings: ({ d, norm, f, rule, attack }, size) => ({
    experiment: {
      rounds: ROUNDS[size],
      model: { kind: 'lenet', batchNorm: norm === 'batch norm', width: WIDTHS[d] },
      data: 'cifar10',
      batchSize: 16,
      estimator: 'sgd',
      optimizer: { learningRate: 0.05, momentum: 0.9, weightDecay: 5e-4 },
      aggregation: { f, rule: RULES[rule] },
    },
    workers: WORKERS,
    byzantine: f,
    attack: attack === 'none' ? null : { kind: 'uniform-random', scale: 1 },
    curve: { evaluations: 4, curveExamples: 500 },
  }),
  show: (cells) => {
    const attacked = where(cells, { attack: 'random' });
    return {
      tables: NORMS.flatMap((norm) => {
        const own = where(cells, { norm });
        return own.length === 0
          ? []
          : [
              accuracyTable(
                `${norm}, by d: random vectors`,
                where(own, { attack: 'random' }),
                ['f', 'rule'],
                'd',
              ),
              accuracyTable(`${norm}, by d: no attack`, where(own, { attack: 'none' }), ['rule'], 'd'),
            ];
      }),
      figures: NORMS.map((norm) => widthFigure(norm, where(attacked, { norm, f: 3 }))),
      findings: presentOf(attacked, 'norm', NORMS).map((norm) =>
        findingOf(norm, where(attacked, { norm, f: 3 })),
      ),
    };
  },
});

function widthFigure(norm: string, cells: readonly FinishedCell[]): Figure {
  const series = presentOf(cells, 'rule', Object.keys(RULES)).map((rule) => ({
    name: rule,
    points: presentOf(cells, 'd', Object.keys(WIDTHS)).map((d) => ({
      x: Math.log10(Number(d)),
      y: accuracyOf(where(cells, { rule, d })).mean,
    })),
  }));
  const title = `Accuracy against d, f = 3, random vectors, ${norm}`;
  return { kind: 'lines', title, x: 'log10 of d', y: 'test accuracy', logY: false, series };
}

/** Points of accuracy by which Multi-Krum is ahead of Flag, by d. */
function findingOf(norm: string, cells: readonly FinishedCell[]): Finding {
  const score = (rule: string, d: string) => 100 * accuracyOf(where(cells, { rule, d })).mean;
  const widths = presentOf(cells, 'd', Object.keys(WIDTHS));
  const gaps = widths.map((d) => ({ d, gap: score('Multi-Krum', d) - score('Flag 0', d) }));
  const [first, last] = [gaps[0]?.gap ?? NaN, gaps.at(-1)?.gap ?? NaN];
  return {
    claim: `With ${norm}, Flag has the best accuracy under random vectors at f = 3, and the gap to Multi-Krum closes as d grows.`,
    source: 'Figure 4',
    answer: gaps.length < 2 ? 'not run' : last <= 0 ? 'yes' : last < first - 1 ? 'in part' : 'no',
    seen: `Multi-Krum is ahead of Flag by ${gaps.map(({ d, gap }) => `${gap.toFixed(1)} points at d = ${d}`).join(', ')}.`,
    setting: 'LeNet at three widths, f = 3 of 15, rate 0.05',
    rows: `norm = ${norm}, f = 3, attack = random`,
  };
}
