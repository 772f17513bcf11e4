/**
 * The experiments of the Flag aggregator (Almasi, Mishra, Vamanan, Ravi, arXiv 2302.05865). MNIST: the scaling study,
 * p/f/r = 15/3/8, 30/6/16, 60/12/32, 625/313/157 rounds, learning rate 0.2. CIFAR-10: ResNet-18, p = 15, r = 8,
 * f = 1, 2, 3, batch 128, learning rate 0.2, momentum 0.9, weight decay 5e-4. Random vectors U[0, 1), sign flip, ALIE,
 * 10 % packet loss on f links; Flag with lambda 0, 4, 16 (released arithmetic) against every other rule, and against a
 * mean of the normalised gradients, which shows how much of Flag's protection is its normalisation.
 */
import {
  accuracyFigure,
  accuracyOf,
  accuracyTable,
  CURVE,
  FULL_PRECISION,
  labCell,
  openLab,
  rowsJson,
  where,
} from './accuracy-grid.ts';
import type {
  Cell,
  FinishedCell,
  GridRequest,
  GridSize,
  Reproduction,
  Summary,
  Verdict,
} from './reproduction.ts';

interface Scale {
  readonly p: number;
  readonly f: number;
  readonly rounds: Readonly<Record<GridSize, number>>;
}

interface Study {
  readonly name: string;
  readonly title: string;
  readonly data: string;
  readonly scales: readonly Scale[];
  readonly quickScales: readonly Scale[];
  readonly attacks: readonly string[];
  readonly model: (size: GridSize) => unknown;
  readonly batchSize: Readonly<Record<GridSize, number>>;
  readonly smaller: (size: GridSize) => string;
}

const ATTACKS: Readonly<Record<string, unknown>> = {
  none: null,
  random: { kind: 'uniform-random', scale: 1 },
  'sign flip': 'sign-flip',
  ALIE: 'alie',
  '10 % loss': { kind: 'packet-loss', share: 0.1 },
};
const FLAG_LAMBDAS = [0, 4, 16];
const RULES: Readonly<Record<string, unknown>> = {
  ...Object.fromEntries(FLAG_LAMBDAS.map((lambda) => [`Flag ${lambda}`, { name: 'flag', lambda }])),
  'normalised mean': 'normalized-mean',
  mean: 'mean',
  median: 'median',
  'trimmed mean': 'trimmed-mean',
  MeaMed: 'meamed',
  Phocas: 'phocas',
  'Multi-Krum': 'multi-krum',
  Bulyan: 'bulyan',
};
const QUICK_RULES = ['Flag 0', 'normalised mean', 'trimmed mean', 'Multi-Krum'];

const mnist: Study = {
  name: 'flag-mnist',
  title: 'Flag aggregator on MNIST: 15, 30 and 60 workers',
  data: 'mnist',
  scales: [
    { p: 15, f: 3, rounds: { quick: 60, standard: 200, paper: 625 } },
    { p: 30, f: 6, rounds: { quick: 30, standard: 100, paper: 313 } },
    { p: 60, f: 12, rounds: { quick: 15, standard: 50, paper: 157 } },
  ],
  quickScales: [{ p: 15, f: 3, rounds: { quick: 60, standard: 200, paper: 625 } }],
  attacks: ['none', 'random', 'sign flip', 'ALIE', '10 % loss'],
  model: (size) => (size === 'paper' ? 'lenet' : { kind: 'mlp', hidden: [32] }),
  batchSize: { quick: 16, standard: 16, paper: 128 },
  smaller: (size) =>
    `A fully connected network 784-32-10 in place of the small CNN, batches of 16, ${size === 'quick' ? '60' : '200/100/50'} rounds in place of 625/313/157.`,
};

const cifar: Study = {
  name: 'flag-cifar10',
  title: 'Flag aggregator on CIFAR-10: 15 workers, f = 1, 2, 3',
  data: 'cifar10',
  scales: [1, 2, 3].map((f) => ({ p: 15, f, rounds: { quick: 40, standard: 120, paper: 5000 } })),
  quickScales: [{ p: 15, f: 3, rounds: { quick: 40, standard: 120, paper: 5000 } }],
  attacks: ['none', 'random', '10 % loss'],
  model: (size) => (size === 'paper' ? { kind: 'resnet-18' } : { kind: 'mlp', hidden: [32] }),
  batchSize: { quick: 16, standard: 16, paper: 128 },
  smaller: (size) =>
    `A fully connected network 3072-32-10 in place of ResNet-18 (its accuracy is that of such a network), batches of 16 in place of 128, ${size === 'quick' ? 40 : 120} rounds in place of 5000, learning rate 0.05.`,
};

export const flagMnist = reproductionOf(mnist);
export const flagCifar10 = reproductionOf(cifar);

function reproductionOf(study: Study): Reproduction {
  return {
    name: study.name,
    title: study.title,
    about:
      'Almasi, Mishra, Vamanan, Ravi, arXiv 2302.05865: Flag (released arithmetic, r = ceil((p + 1) / 2)) against other rules, ' +
      'SGD with momentum 0.9 and weight decay 5e-4.',
    defaultSeeds: [1, 2, 3],
    quickSeeds: [1],
    reductions: ({ size }) =>
      size === 'paper'
        ? []
        : [study.smaller(size), ...(size === 'quick' ? [`Only ${QUICK_RULES.join(', ')}, one size.`] : [])],
    cells: (request) => cellsOf(study, request),
    data: study.data,
    open: openLab,
    summarise: (cells) => summarise(study, cells),
  };
}

function cellsOf(study: Study, { size, seeds }: GridRequest): readonly Cell[] {
  const quick = size === 'quick';
  const rate = study.data === 'cifar10' && size !== 'paper' ? 0.05 : 0.2;
  return seeds.flatMap((seed) =>
    (quick ? study.quickScales : study.scales).flatMap(({ p, f, rounds }) =>
      Object.keys(RULES)
        .filter((rule) => !quick || QUICK_RULES.includes(rule))
        .flatMap((rule) =>
          study.attacks.map((attack) =>
            labCell({ p, f, rule, attack }, seed, {
              experiment: {
                rounds: rounds[size],
                model: study.model(size),
                data: study.data,
                batchSize: study.batchSize[size],
                estimator: 'sgd',
                optimizer: { learningRate: rate, momentum: 0.9, weightDecay: 5e-4 },
                aggregation: { f, rule: RULES[rule] },
                compression: FULL_PRECISION,
              },
              workers: p,
              byzantine: f,
              attack: ATTACKS[attack] ?? null,
              ...CURVE,
            }),
          ),
        ),
    ),
  );
}

function summarise(study: Study, cells: readonly FinishedCell[]): Summary {
  const scales = study.scales.filter(({ p, f }) => where(cells, { p, f }).length > 0);
  return {
    tables: scales.map(({ p, f }) =>
      accuracyTable(
        `p = ${p}, f = ${f}, r = ${Math.ceil((p + 1) / 2)}`,
        where(cells, { p, f }),
        ['rule'],
        'attack',
      ),
    ),
    figures: scales
      .slice(-1)
      .flatMap(({ p, f }) =>
        ['random', '10 % loss'].map((attack) =>
          accuracyFigure(`p = ${p}, f = ${f}, ${attack}`, where(cells, { p, f, attack }), 'rule'),
        ),
      ),
    verdicts: verdictsOf(cells),
    json: rowsJson(cells),
  };
}

/** Points within which two accuracies of a few seeds count as the same. */
const TIE_POINTS = 1;

function verdictsOf(cells: readonly FinishedCell[]): Verdict[] {
  const mean = (rule: string, attack: string) => 100 * accuracyOf(where(cells, { rule, attack })).mean;
  const rules = Object.keys(RULES).filter((rule) => where(cells, { rule }).length > 0);
  const flags = rules.filter((rule) => rule.startsWith('Flag'));
  const others = rules.filter((rule) => !rule.startsWith('Flag') && rule !== 'mean');
  const best = (names: readonly string[], attack: string) =>
    names.reduce((top, rule) => (mean(rule, attack) > mean(top, attack) ? rule : top), names[0] as string);
  const compare = (attack: string): Verdict => {
    const [flag, other] = [best(flags, attack), best(others, attack)];
    const ahead = mean(flag, attack) - mean(other, attack);
    return {
      claim: `Flag has the best final accuracy of all rules under ${attack}.`,
      held: ahead > TIE_POINTS ? 'yes' : ahead > -TIE_POINTS ? 'in part' : 'no',
      seen: `${flag} ${mean(flag, attack).toFixed(1)} %, the best other (${other}) ${mean(other, attack).toFixed(1)} %, mean over all sizes.`,
    };
  };
  const fs = [...new Set(cells.map(({ settings }) => settings['f'] as number))];
  const least = Math.min(...fs);
  const trimmed = 100 * accuracyOf(where(cells, { rule: 'trimmed mean', attack: 'random', f: least })).mean;
  const healthy = 100 * accuracyOf(where(cells, { rule: 'trimmed mean', attack: 'none', f: least })).mean;
  const ratio = ['random', '10 % loss'].map(
    (attack) =>
      `${attack}: normalised mean ${mean('normalised mean', attack).toFixed(1)} %, Flag 0 ${mean('Flag 0', attack).toFixed(1)} %`,
  );
  return [
    compare('random'),
    compare('10 % loss'),
    {
      claim: `Trimmed mean collapses under random vectors already at f = ${least}.`,
      held: trimmed < 0.5 * healthy ? 'yes' : 'no',
      seen: `${trimmed.toFixed(1)} % against ${healthy.toFixed(1)} % without an attack.`,
    },
    {
      claim: "Flag's protection is more than its unit normalisation.",
      held: mean('Flag 0', 'random') > mean('normalised mean', 'random') + TIE_POINTS ? 'yes' : 'no',
      seen: `${ratio.join('; ')}.`,
    },
  ];
}
