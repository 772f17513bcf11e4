/**
 * The further figures of the Flag aggregator on CIFAR-10 (Almasi, Mishra, Vamanan, Ravi, arXiv 2302.05865): batch sizes
 * 64, 128, 192 at f = 3 of 15 (Figure 5); p = 11, 13, 15 workers at f = 2 (Figure 6b-d); f = 3 of 15 that train on
 * augmented images (Figure 7); lambda at p = 7, f = 1, r = 4 (Figure 8). Rounds are those of the authors' scripts. A small
 * LeNet with batch norm stands in for ResNet-18; rate 0.2, momentum 0.9, weight decay 5e-4 and the decay are the paper's.
 */
import { accuracyOf, accuracyTable, presentOf, where, type Labels } from './accuracy-grid.ts';
import { accuracyStudy, combinations } from './accuracy-study.ts';
import { decayedRate } from './flag-schedule.ts';
import type { FinishedCell, Figure, GridSize } from './reproduction.ts';
import type { Answer, Finding } from './verdict.ts';

const FIGURES = ['Figure 5', 'Figure 6b-d', 'Figure 7', 'Figure 8'] as const;
const RULES: Readonly<Record<string, unknown>> = {
  'Flag 0': { name: 'flag', lambda: 0 },
  'normalised mean': 'normalized-mean',
  'Multi-Krum': 'multi-krum',
  Bulyan: 'bulyan',
  MeaMed: 'meamed',
  median: 'median',
  'trimmed mean': 'trimmed-mean',
  Phocas: 'phocas',
};
const LAMBDAS = [0, 1, 2, 4, 8, 16, 32, 64];
const LAMBDA_RULES: Readonly<Record<string, unknown>> = Object.fromEntries(
  LAMBDAS.map((lambda) => [`Flag ${lambda}`, { name: 'flag', lambda }]),
);
const ALL_RULES = { ...RULES, ...LAMBDA_RULES };
const ATTACKS: Readonly<Record<string, unknown>> = {
  none: null,
  random: { kind: 'uniform-random', scale: 1 },
  augmented: { kind: 'augmented-data', map: 'mixed' },
};
const RATE = 0.2;
/** Of the runs of Figures 5 to 7; 21 in Figure 8, so that the rate decays twice in each. */
const EPOCHS = 30;
/** Standard batches are an eighth of the paper's. */
const SMALLER_BATCH = 8;
const ROUNDS: Readonly<Record<Exclude<GridSize, 'paper'>, number>> = { quick: 20, standard: 60 };

interface FigureLabels extends Labels {
  readonly figure: (typeof FIGURES)[number];
  readonly p: number;
  readonly f: number;
  /** The paper's. */
  readonly batch: number;
  readonly rule: string;
  readonly attack: string;
}

export const flagFigures = accuracyStudy<FigureLabels>({
  name: 'flag-figures',
  title: 'Flag aggregator on CIFAR-10: batch sizes, workers, augmented data, lambda',
  about:
    'Almasi, Mishra, Vamanan, Ravi, arXiv 2302.05865, Figures 5, 6b-d, 7 and 8: learning rate 0.2, times 0.2 every 10 epochs, ' +
    'momentum 0.9, weight decay 5e-4.',
  data: 'cifar10',
  reductions: (size) => [
    `LeNet with batch norm (d = 1e4) in place of ResNet-18 (11 M parameters), an eighth of the paper's batches, ${ROUNDS[size]} rounds in place of 530 to 1600, the decays at the same shares of the run.`,
    ...(size === 'quick' ? ['Figures 7 and 8 only, with three rules each.'] : []),
  ],
  runs: (size) => (size === 'quick' ? QUICK_RUNS : RUNS),
  settings: ({ p, f, batch, rule, attack }, size) => {
    const rounds = size === 'paper' ? paperRounds(p, batch) : ROUNDS[size];
    return {
      experiment: {
        rounds,
        model: size === 'paper' ? { kind: 'resnet-18' } : { kind: 'lenet', batchNorm: true, width: 0.35 },
        data: 'cifar10',
        batchSize: size === 'paper' ? batch : batch / SMALLER_BATCH,
        estimator: 'sgd',
        optimizer: { learningRate: decayedRate(RATE, rounds, EPOCHS), momentum: 0.9, weightDecay: 5e-4 },
        aggregation: { f, rule: ALL_RULES[rule] },
      },
      workers: p,
      byzantine: f,
      attack: ATTACKS[attack],
      curve: { evaluations: 4, curveExamples: 500 },
    };
  },
  show: (cells) => {
    const figures = presentOf(cells, 'figure', FIGURES);
    return {
      tables: figures.map((figure) => {
        const own = where(cells, { figure });
        return accuracyTable(`${figure}: ${TITLES[figure]}`, own, ['rule'], COLUMNS[figure]);
      }),
      figures: figures.includes('Figure 8') ? [lambdaFigure(where(cells, { figure: 'Figure 8' }))] : [],
      findings: FIGURES.flatMap((figure) =>
        figures.includes(figure) ? findingsOf(figure, where(cells, { figure })) : [notRun(figure)],
      ),
    };
  },
});

const COLUMNS: Readonly<Record<FigureLabels['figure'], string>> = {
  'Figure 5': 'batch',
  'Figure 6b-d': 'p',
  'Figure 7': 'attack',
  'Figure 8': 'attack',
};
const TITLES: Readonly<Record<FigureLabels['figure'], string>> = {
  'Figure 5': "f = 3 of 15 send random vectors, by the paper's batch size",
  'Figure 6b-d': 'f = 2 send random vectors, by the number of workers',
  'Figure 7': 'f = 3 of 15 train on augmented images',
  'Figure 8': 'lambda, f = 1 of 7 sends random vectors',
};

const RANDOM = { attack: ['random'] } as const;
const RUNS: readonly FigureLabels[] = [
  ...combinations({
    figure: ['Figure 5'],
    p: [15],
    f: [3],
    batch: [64, 128, 192],
    rule: Object.keys(RULES),
    ...RANDOM,
  }),
  ...combinations({
    figure: ['Figure 6b-d'],
    p: [11, 13, 15],
    f: [2],
    batch: [128],
    rule: Object.keys(RULES),
    ...RANDOM,
  }),
  ...combinations({
    figure: ['Figure 7'],
    p: [15],
    f: [3],
    batch: [128],
    rule: Object.keys(RULES),
    attack: ['none', 'augmented'],
  }),
  ...combinations({
    figure: ['Figure 8'],
    p: [7],
    f: [1],
    batch: [128],
    rule: [...Object.keys(LAMBDA_RULES), 'Multi-Krum', 'Bulyan'],
    ...RANDOM,
  }),
];
const QUICK_RULES = ['Flag 0', 'Flag 16', 'Multi-Krum'];
const QUICK_RUNS = RUNS.filter(
  ({ figure, rule }) => ['Figure 7', 'Figure 8'].includes(figure) && QUICK_RULES.includes(rule),
);

/** As the authors' scripts have it: about as many epochs for every batch and number of workers. */
function paperRounds(p: number, batch: number): number {
  if (p === 15) return { 64: 1600, 128: 800, 192: 530 }[batch] ?? 800;
  return { 7: 1120, 11: 1080, 13: 915 }[p] ?? 800;
}

function lambdaFigure(cells: readonly FinishedCell[]): Figure {
  const points = LAMBDAS.map((lambda) => ({
    x: lambda,
    y: accuracyOf(where(cells, { rule: `Flag ${lambda}` })).mean,
  })).filter(({ y }) => !Number.isNaN(y));
  const series = [{ name: 'Flag', points }];
  const title = 'Figure 8: accuracy against lambda, p = 7, f = 1';
  return { kind: 'lines', title, x: 'lambda', y: 'test accuracy', logY: false, series };
}

const CLAIMS: Readonly<Record<FigureLabels['figure'], string>> = {
  'Figure 5': 'Flag has the best accuracy at batches of 64, 128 and 192.',
  'Figure 6b-d': 'Flag has the best accuracy with 11, 13 and 15 workers.',
  'Figure 7': 'Flag has the best accuracy where f = 3 of 15 train on augmented images.',
  'Figure 8': 'For a range of lambda Flag improves on Multi-Krum and Bulyan or performs similarly.',
};
const SETTING = 'LeNet with batch norm, rate 0.2 with decay';

function notRun(figure: FigureLabels['figure']): Finding {
  const seen = 'No cell of it was run.';
  const common = { setting: SETTING, rows: `figure = ${figure}` };
  return { ...common, claim: CLAIMS[figure], source: figure, answer: 'not run', seen };
}

/** Points within which two accuracies of a few seeds count as the same. */
const TIE_POINTS = 1;

function findingsOf(figure: FigureLabels['figure'], cells: readonly FinishedCell[]): Finding[] {
  const common = {
    source: figure,
    setting: SETTING,
    rows: `figure = ${figure}`,
  };
  const score = (labels: Labels) => 100 * accuracyOf(where(cells, labels)).mean;
  if (figure === 'Figure 8') {
    const lines = presentOf(cells, 'rule', Object.keys(ALL_RULES)).map((rule) => ({
      rule,
      score: score({ rule }),
    }));
    const flags = lines.filter(({ rule }) => rule.startsWith('Flag')).map((line) => line.score);
    const rivals = lines.filter(({ rule }) => !rule.startsWith('Flag')).map((line) => line.score);
    const ahead = Math.max(...flags) - Math.max(...rivals);
    return [
      {
        ...common,
        claim: CLAIMS[figure],
        answer: comparison(ahead, flags.length > 0 && rivals.length > 0),
        seen: `${lines.map(({ rule, score: percent }) => `${rule} ${percent.toFixed(1)}`).join(', ')} %.`,
      },
    ];
  }
  const column = COLUMNS[figure];
  const values = [...new Set(cells.map(({ settings }) => settings[column] as string | number))];
  return values
    .filter((value) => value !== 'none')
    .map((value) => {
      const lines = presentOf(cells, 'rule', Object.keys(RULES))
        // the normalised mean is no rule of the paper
        .filter((rule) => rule !== 'normalised mean')
        .map((rule) => ({ rule, score: score({ rule, [column]: value }) }))
        .filter((line) => !Number.isNaN(line.score));
      const flag = lines.find(({ rule }) => rule === 'Flag 0')?.score ?? NaN;
      const rivals = lines.filter(({ rule }) => rule !== 'Flag 0');
      const best = rivals.reduce((a, b) => (b.score > a.score ? b : a), { rule: 'none', score: -Infinity });
      const plain = score({ rule: 'normalised mean', [column]: value });
      return {
        ...common,
        claim: `Flag has the best accuracy (${column} = ${value}).`,
        answer: comparison(flag - best.score, !Number.isNaN(flag) && rivals.length > 0),
        seen: `Flag ${flag.toFixed(1)} %, the best other (${best.rule}) ${best.score.toFixed(1)} %${Number.isNaN(plain) ? '' : `, the normalised mean ${plain.toFixed(1)} %`}.`,
      };
    });
}

function comparison(ahead: number, known: boolean): Answer {
  if (!known) return 'not run';
  return ahead > TIE_POINTS ? 'yes' : ahead > -TIE_POINTS ? 'in part' : 'no';
}
