/**
 * Does Flag's place under random vectors (Almasi, Mishra, Vamanan, Ravi, arXiv 2302.05865) come from the network's size?
 * f vectors of U[0, 1) share one direction, the all-ones vector; what a shift along it does to a network falls as
 * 1/sqrt(d) and batch norm removes most of a common shift. So a small network cannot refute a claim about one of 11 M
 * parameters: LeNet at three widths (d about 1e4, 1e5, 1e6), with and without batch norm, on CIFAR-10. The paper's rate
 * of 0.2 belongs to batches of 128 and to a network that is normalised in every layer; LeNet's dense layers are not, and
 * stop learning at it under rules that keep the length of gradients. So the main rate is the paper's over four, and f = 3
 * is repeated at the paper's own. No decay: its first one comes after 10 epochs, 260 rounds, later than these runs end.
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
const MAIN_RATE = 0.05;
const PAPER_RATE = 0.2;
const RATES = [MAIN_RATE, PAPER_RATE];
const ROUNDS: Readonly<Record<GridSize, number>> = { quick: 20, standard: 60, paper: 600 };

interface WidthLabels extends Labels {
  readonly d: string;
  readonly norm: (typeof NORMS)[number];
  readonly rate: number;
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
    `LeNet at three widths in place of ResNet-18 (11 M parameters), batches of 16 in place of 128, ${ROUNDS[size]} rounds in place of 1040, which end before the rate first decays.`,
    ...(size === 'quick' ? ['d = 1e4, f = 3 only.'] : []),
  ],
  runs: (size) => {
    const quick = size === 'quick';
    const rule = Object.keys(RULES);
    const common = { d: quick ? ['1e4'] : Object.keys(WIDTHS), norm: NORMS };
    return [
      ...combinations({ ...common, rate: [MAIN_RATE], f: quick ? [3] : [3, 2, 1], rule, attack: ['random'] }),
      ...combinations({
        ...common,
        rate: [MAIN_RATE],
        f: [3],
        rule: ['Flag 0', 'Multi-Krum'],
        attack: ['none'],
      }),
      ...(quick ? [] : combinations({ ...common, rate: [PAPER_RATE], f: [3], rule, attack: ['random'] })),
    ];
  },
  settings: ({ d, norm, rate, f, rule, attack }, size) => ({
    experiment: {
      rounds: ROUNDS[size],
      model: { kind: 'lenet', batchNorm: norm === 'batch norm', width: WIDTHS[d] },
      data: 'cifar10',
      batchSize: 16,
      estimator: 'sgd',
      optimizer: { learningRate: rate, momentum: 0.9, weightDecay: 5e-4 },
      aggregation: { f, rule: RULES[rule] },
    },
    workers: WORKERS,
    byzantine: f,
    attack: attack === 'none' ? null : { kind: 'uniform-random', scale: 1 },
    curve: { evaluations: 4, curveExamples: 500 },
  }),
  show: (cells) => {
    const attacked = where(cells, { attack: 'random' });
    const series = combinations({ norm: presentOf(attacked, 'norm', NORMS), rate: RATES })
      .map((labels) => ({ ...labels, cells: where(attacked, { ...labels, f: 3 }) }))
      .filter((one) => one.cells.length > 0);
    return {
      tables: NORMS.flatMap((norm) => {
        const own = where(cells, { norm });
        return own.length === 0
          ? []
          : [
              accuracyTable(
                `${norm}, by d: random vectors`,
                where(own, { attack: 'random' }),
                ['rate', 'f', 'rule'],
                'd',
              ),
              accuracyTable(`${norm}, by d: no attack`, where(own, { attack: 'none' }), ['rule'], 'd'),
            ];
      }).filter(({ rows }) => rows.length > 0),
      figures: series.map(widthFigure),
      findings: series.map(findingOf),
    };
  },
});

/** The runs of one figure: f = 3, random vectors, every rule and width that was run. */
interface WidthSeries {
  readonly norm: string;
  readonly rate: number;
  readonly cells: readonly FinishedCell[];
}

function widthFigure({ norm, rate, cells }: WidthSeries): Figure {
  const series = presentOf(cells, 'rule', Object.keys(RULES)).map((rule) => ({
    name: rule,
    points: presentOf(cells, 'd', Object.keys(WIDTHS)).map((d) => ({
      x: Math.log10(Number(d)),
      y: accuracyOf(where(cells, { rule, d })).mean,
    })),
  }));
  const title = `Accuracy against d, f = 3 of 15 send random vectors, ${norm}, rate ${rate}`;
  return { kind: 'lines', title, x: 'log10 of d', y: 'test accuracy', logY: false, series };
}

/** Points of accuracy by which Multi-Krum is ahead of Flag, by d; widths without either say nothing. */
function findingOf({ norm, rate, cells }: WidthSeries): Finding {
  const score = (rule: string, d: string) => 100 * accuracyOf(where(cells, { rule, d })).mean;
  const lines = presentOf(cells, 'd', Object.keys(WIDTHS))
    .map((d) => ({ d, gap: score('Multi-Krum', d) - score('Flag 0', d) }))
    .filter(({ gap }) => !Number.isNaN(gap));
  const [first, last] = [lines[0]?.gap ?? NaN, lines.at(-1)?.gap ?? NaN];
  const text = lines.map(({ d }) => {
    const scores = presentOf(where(cells, { d }), 'rule', Object.keys(RULES)).map(
      (rule) => `${rule} ${score(rule, d).toFixed(1)}`,
    );
    return `d = ${d}: ${scores.join(', ')} %`;
  });
  return {
    claim: `With ${norm} at rate ${rate}, Flag has the best accuracy under random vectors at f = 3 (in part: the gap to Multi-Krum closes as d grows).`,
    source: 'Figure 4',
    answer: lines.length < 2 ? 'not run' : last <= 0 ? 'yes' : last < first - 1 ? 'in part' : 'no',
    seen: `${text.join('; ')}. Multi-Krum is ahead of Flag by ${lines.map(({ d, gap }) => `${gap.toFixed(1)} points at d = ${d}`).join(', ')}.`,
    setting: `LeNet, d = ${lines.map(({ d }) => d).join(', ')}, f = 3 of 15, rate ${rate}, ${norm}`,
    rows: `norm = ${norm}, rate = ${rate}, f = 3, attack = random`,
  };
}
