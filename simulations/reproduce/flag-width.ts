/**
 * Does Flag's place under random vectors (Almasi, Mishra, Vamanan, Ravi, arXiv 2302.05865) come from the network's size?
 * f vectors of U[0, 1) share one direction, the all-ones vector; what a shift along it does to a network falls as
 * 1/sqrt(d) and batch norm removes most of a common shift. So a small network cannot refute a claim about one of 11 M
 * parameters: LeNet at three widths (d about 1e4, 1e5, 1e6), with and without batch norm, and the paper's own network,
 * ResNet-18 with batch norm, at an eighth and a sixteenth of its width, on CIFAR-10. The paper's rate of 0.2 belongs to
 * batches of 128 and to a network that is normalised in every layer: ResNet-18 is run at it. LeNet's dense layers are
 * not normalised; its main rate is the paper's over four, four rates are compared at d = 1e5, and f = 3 is repeated at
 * the paper's own. No decay: its first one comes after 10 epochs, 260 rounds, later than these runs end.
 * Rules differ in the length of their step too, so runs without an attack stand beside: what the attack takes from a rule
 * is the difference.
 */
import { accuracyTable, presentOf, where, type Labels } from './accuracy-grid.ts';
import { accuracyStudy, combinations } from './accuracy-study.ts';
import { seriesOf, widthFigure, widthFindings } from './flag-width-claims.ts';
import type { GridSize } from './reproduction.ts';

const WORKERS = 15;
const RULES: Readonly<Record<string, unknown>> = {
  'Flag 0': { name: 'flag', lambda: 0 },
  'normalised mean': 'normalized-mean',
  'Multi-Krum': 'multi-krum',
  'trimmed mean': 'trimmed-mean',
};
const LEADERS = ['Flag 0', 'Multi-Krum'];
/** LeNet's width that gives about d parameters on images of 3 x 32 x 32. */
const LENET_WIDTHS: Readonly<Record<string, number>> = { '1e4': 0.35, '1e5': 1.1, '1e6': 3.5 };
/** ResNet-18's channels of the first stage, 64 in the paper. */
const RESNET_WIDTHS: Readonly<Record<string, number>> = { '4e4': 4, '2e5': 8, '7e5': 16 };
const SIZES = Object.keys({ ...LENET_WIDTHS, ...RESNET_WIDTHS }).sort((a, b) => Number(a) - Number(b));
const RESNET = 'ResNet-18';
const NORMS = ['batch norm', 'no norm'] as const;
const MAIN_RATE = 0.05;
const PAPER_RATE = 0.2;
/** Beside these two, at d = 1e5. */
const TRIED_RATES = [0.1, 0.025];
const JUDGED_RATES = [PAPER_RATE, MAIN_RATE];
const ROUNDS: Readonly<Record<GridSize, number>> = { quick: 20, standard: 60, paper: 600 };

export interface WidthLabels extends Labels {
  readonly d: string;
  readonly norm: (typeof NORMS)[number];
  readonly rate: number;
  readonly f: number;
  readonly rule: string;
  readonly attack: 'none' | 'random';
  /** LeNet unless stated. */
  readonly network?: typeof RESNET;
}

export const flagWidth = accuracyStudy<WidthLabels>({
  name: 'flag-width',
  title: 'Flag under random vectors against the width of the network',
  about:
    'Almasi, Mishra, Vamanan, Ravi, arXiv 2302.05865: CIFAR-10, 15 workers, f send U[0, 1) in every coordinate; SGD with ' +
    'momentum 0.9 and weight decay 5e-4.',
  data: 'cifar10',
  reductions: (size) => [
    `LeNet at three widths (d = 1e4 to 1e6) and ResNet-18 of 4 to 16 channels (d = 4e4 to 7e5) in place of 64 (1.1e7), batches of 16 in place of 128, ${ROUNDS[size]} rounds in place of 1040, which end before the rate first decays.`,
    ...(size === 'quick' ? ['LeNet of d = 1e4, f = 3 only.'] : []),
  ],
  runs: (size) => (size === 'quick' ? QUICK_RUNS : RUNS),
  settings: ({ d, norm, rate, f, rule, attack, network }, size) => ({
    experiment: {
      rounds: ROUNDS[size],
      model:
        network === RESNET
          ? { kind: 'resnet-18', width: RESNET_WIDTHS[d] }
          : { kind: 'lenet', batchNorm: norm === 'batch norm', width: LENET_WIDTHS[d] },
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
    const networks = [RESNET, undefined].map((network) => ({
      name: network ?? 'LeNet',
      cells: cells.filter(({ settings }) => settings['network'] === network),
    }));
    const series = networks.flatMap(({ name, cells: own }) => seriesOf(name, own, NORMS, JUDGED_RATES));
    return {
      tables: networks.flatMap(({ name, cells: own }) =>
        presentOf(own, 'norm', NORMS).flatMap((norm) =>
          (['random', 'none'] as const)
            .map((attack) =>
              accuracyTable(
                `${name}, ${norm}, by d: ${attack === 'none' ? 'no attack' : 'random vectors'}`,
                where(own, { norm, attack }),
                ['rate', 'f', 'rule'],
                'd',
              ),
            )
            .filter(({ rows }) => rows.length > 0),
        ),
      ),
      figures: series.map((one) => widthFigure(one, Object.keys(RULES), SIZES)),
      findings: series.flatMap((one) => widthFindings(one, Object.keys(RULES), SIZES)),
    };
  },
});

const rule = Object.keys(RULES);
const LENET = { d: Object.keys(LENET_WIDTHS), norm: NORMS } as const;
const QUICK_RUNS: readonly WidthLabels[] = [
  ...combinations({ d: ['1e4'], norm: NORMS, rate: [MAIN_RATE], f: [3], rule, attack: ['random'] }),
  ...combinations({ d: ['1e4'], norm: NORMS, rate: [MAIN_RATE], f: [3], rule: LEADERS, attack: ['none'] }),
];
const RUNS: readonly WidthLabels[] = [
  ...combinations({
    d: Object.keys(RESNET_WIDTHS),
    norm: ['batch norm'],
    rate: [PAPER_RATE],
    f: [3],
    rule,
    attack: ['random', 'none'],
    network: [RESNET],
  }),
  ...combinations({ ...LENET, rate: [MAIN_RATE], f: [3, 2, 1], rule, attack: ['random'] }),
  ...combinations({ ...LENET, rate: [MAIN_RATE], f: [3], rule: LEADERS, attack: ['none'] }),
  ...combinations({ ...LENET, rate: [PAPER_RATE], f: [3], rule, attack: ['random'] }),
  ...combinations({
    d: ['1e5'],
    norm: ['batch norm'],
    rate: TRIED_RATES,
    f: [3],
    rule: LEADERS,
    attack: ['random'],
  }),
];
