/**
 * The experiments of the Flag aggregator (Almasi, Mishra, Vamanan, Ravi, arXiv 2302.05865). MNIST: the scaling study,
 * p/f/r = 15/3/8, 30/6/16, 60/12/32 (31 here, as r = ceil((p + 1) / 2) says), 625/313/157 rounds, learning rate 0.2.
 * CIFAR-10: ResNet-18, p = 15, r = 8, f = 1, 2, 3, batch 128, learning rate 0.2, momentum 0.9, weight decay 5e-4, 40 epochs (Figure 4). Random
 * vectors U[0, 1), sign flip, ALIE, 10 % packet loss on f links; Flag with lambda 0, 4, 16 (released arithmetic) against
 * every other rule, and against a mean of the normalised gradients, which shows how much of Flag's protection is its
 * normalisation. The lengths of the rules' outputs differ (Flag's is that of p / r unit vectors, a mean's that of a
 * gradient), so one learning rate is not one step: a second part compares a few rules at the best of several rates.
 */
import { accuracyFigure, accuracyTable, presentOf, where, type Labels } from './accuracy-grid.ts';
import { accuracyStudy, combinations } from './accuracy-study.ts';
import { flagFindings } from './flag-claims.ts';
import { decayedRate } from './flag-schedule.ts';
import type { GridSize, Reproduction } from './reproduction.ts';

interface Scale {
  readonly p: number;
  readonly f: number;
  readonly rounds: Readonly<Record<GridSize, number>>;
}

interface Experiment {
  readonly name: string;
  readonly title: string;
  readonly data: string;
  readonly scales: readonly Scale[];
  readonly attacks: readonly string[];
  readonly model: (size: GridSize) => unknown;
  readonly rate: Readonly<Record<GridSize, number>>;
  /** Of the paper's runs: the rate decays every 10 of them. */
  readonly epochs: number;
  readonly smaller: string;
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
const TUNED_RULES = ['Flag 0', 'Flag 4', 'normalised mean', 'median', 'Multi-Krum'];
const TUNED_RATES = [0.5, 0.2, 0.1, 0.05, 0.02];
const BATCH: Readonly<Record<GridSize, number>> = { quick: 32, standard: 32, paper: 128 };

export const flagMnist = reproductionOf({
  name: 'flag-mnist',
  title: 'Flag aggregator on MNIST: 15, 30 and 60 workers',
  data: 'mnist',
  scales: [
    { p: 15, f: 3, rounds: { quick: 60, standard: 120, paper: 625 } },
    { p: 30, f: 6, rounds: { quick: 30, standard: 60, paper: 313 } },
    { p: 60, f: 12, rounds: { quick: 15, standard: 30, paper: 157 } },
  ],
  attacks: ['none', 'random', 'sign flip', 'ALIE', '10 % loss'],
  model: (size) => (size === 'paper' ? 'lenet' : { kind: 'mlp', hidden: [16] }),
  rate: { quick: 0.05, standard: 0.05, paper: 0.2 },
  epochs: 20,
  smaller:
    'A fully connected network 784-16-10 in place of the small CNN, batches of 32 in place of 128, in the part `rules` learning rate 0.05 in place of 0.2',
});

export const flagCifar10 = reproductionOf({
  name: 'flag-cifar10',
  title: 'Flag aggregator on CIFAR-10: 15 workers, f = 1, 2, 3',
  data: 'cifar10',
  scales: [1, 2, 3].map((f) => ({ p: 15, f, rounds: { quick: 40, standard: 80, paper: 1040 } })),
  attacks: ['none', 'random', '10 % loss'],
  model: (size) => (size === 'paper' ? { kind: 'resnet-18' } : { kind: 'mlp', hidden: [16] }),
  rate: { quick: 0.05, standard: 0.05, paper: 0.2 },
  epochs: 40,
  smaller:
    'A fully connected network 3072-16-10 in place of ResNet-18 (the accuracy is that of such a network), batches of 32 in place of 128, learning rate 0.05 in place of 0.2',
});

interface FlagLabels extends Labels {
  readonly part: 'rules' | 'rates';
  readonly p: number;
  readonly f: number;
  readonly rule: string;
  readonly attack: string;
  readonly rate: number;
}

function reproductionOf(experiment: Experiment): Reproduction {
  const { name, title, data, scales, model, smaller, epochs } = experiment;
  const roundsOf = (p: number, f: number, size: GridSize) =>
    scales.find((scale) => scale.p === p && scale.f === f)?.rounds[size] ?? 0;
  return accuracyStudy<FlagLabels>({
    name,
    title,
    about:
      'Almasi, Mishra, Vamanan, Ravi, arXiv 2302.05865: Flag (released arithmetic, r = ceil((p + 1) / 2)) against other rules, ' +
      'SGD with momentum 0.9 and weight decay 5e-4, the learning rate times 0.2 every 10 epochs of the paper.',
    data,
    reductions: (size) => [
      `${smaller}, ${listOf(scales, size)} rounds in place of ${listOf(scales, 'paper')}.`,
      ...(size === 'quick' ? [`Only ${QUICK_RULES.join(', ')}, one size, one rate.`] : []),
    ],
    runs: (size) => [...ruleRuns(experiment, size), ...(size === 'quick' ? [] : rateRuns(experiment))],
    settings: ({ p, f, rule, attack, rate }, size) => ({
      experiment: {
        rounds: roundsOf(p, f, size),
        model: model(size),
        data,
        batchSize: BATCH[size],
        estimator: 'sgd',
        optimizer: {
          learningRate: decayedRate(rate, roundsOf(p, f, size), epochs),
          momentum: 0.9,
          weightDecay: 5e-4,
        },
        aggregation: { f, rule: RULES[rule] },
      },
      workers: p,
      byzantine: f,
      attack: ATTACKS[attack] ?? null,
    }),
    show: (cells) => {
      const rules = where(cells, { part: 'rules' });
      const rates = where(cells, { part: 'rates' });
      const present = scales.filter(({ p, f }) => where(rules, { p, f }).length > 0);
      const last = present.at(-1);
      return {
        tables: [
          ...present.map(({ p, f }) =>
            accuracyTable(
              `p = ${p}, f = ${f}, r = ${Math.ceil((p + 1) / 2)}`,
              where(rules, { p, f }),
              ['rule'],
              'attack',
            ),
          ),
          ...presentOf(rates, 'attack', ['random', '10 % loss']).map((attack) =>
            accuracyTable(
              `Over learning rates: p = 15, f = 3, ${attack}`,
              where(rates, { attack }),
              ['rule'],
              'rate',
            ),
          ),
        ],
        figures:
          last === undefined
            ? []
            : ['random', '10 % loss'].map((attack) =>
                accuracyFigure(
                  `p = ${last.p}, f = ${last.f}, ${attack}`,
                  where(rules, { p: last.p, f: last.f, attack }),
                  'rule',
                ),
              ),
        findings: flagFindings(data, rules, rates, Object.keys(RULES), TUNED_RATES),
      };
    },
  });
}

function ruleRuns({ scales, attacks, rate }: Experiment, size: GridSize): FlagLabels[] {
  const quick = size === 'quick';
  const used = quick ? scales.filter(({ p, f }) => p === 15 && f === 3) : scales;
  return used.flatMap(({ p, f }) =>
    combinations({
      part: ['rules'],
      p: [p],
      f: [f],
      rule: quick ? QUICK_RULES : Object.keys(RULES),
      attack: attacks,
      rate: [rate[size]],
    }),
  );
}

function rateRuns({ data }: Experiment): FlagLabels[] {
  if (data !== 'mnist') return [];
  return combinations({
    part: ['rates'],
    p: [15],
    f: [3],
    rule: TUNED_RULES,
    attack: ['random', '10 % loss'],
    rate: TUNED_RATES,
  });
}

function listOf(scales: readonly Scale[], size: GridSize): string {
  return [...new Set(scales.map(({ rounds }) => rounds[size]))].join('/');
}
