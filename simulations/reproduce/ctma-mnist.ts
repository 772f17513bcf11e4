/**
 * The MNIST experiment of CTMA and mu^2-SGD (Dahan and Levy, ICML 2024, arXiv 2405.14759; released defaults): n = 17,
 * f = 3, 4, 8; batches of 4; learning rate 0.1; bases mean, median (lower), trimmed mean, RFA(T = 3, nu = 0.1) with no
 * meta-aggregator, bucketing, NNM, CTMA, NNM + CTMA; label flip, sign flip, IPM, ALIE. Raw gradients are clipped to 2.
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
  valuesOf,
  where,
} from './accuracy-grid.ts';
import type {
  Cell,
  FinishedCell,
  GridRequest,
  GridSize,
  Reproduction,
  Summary,
  Table,
  Verdict,
} from './reproduction.ts';
import { estimateOf } from './statistics.ts';

const WORKERS = 17;
const BASES: Readonly<Record<string, unknown>> = {
  mean: 'mean',
  median: { name: 'median', ties: 'lower' },
  'trimmed mean': 'trimmed-mean',
  RFA: { name: 'geometric-median', iterations: 3, nu: 0.1 },
};
const METAS = ['none', 'bucketing', 'NNM', 'CTMA', 'NNM + CTMA'] as const;
const ATTACKS: Readonly<Record<string, unknown>> = {
  'label flip': 'label-flip',
  'sign flip': 'sign-flip',
  'IPM 0.1': { kind: 'ipm', epsilon: 0.1 },
  ALIE: 'alie',
};
const RATES = [10, 1, 0.1, 0.01, 0.001, 0.0001];
const ESTIMATORS: Readonly<Record<string, unknown>> = {
  'mu^2-SGD': { kind: 'mu2-sgd', arithmetic: 'released', gradientClip: 2 },
  momentum: { kind: 'momentum', beta: 0.9, gradientClip: 2 },
  SGD: { kind: 'sgd', gradientClip: 2 },
};
const ROUNDS: Readonly<Record<GridSize, number>> = { quick: 150, standard: 300, paper: 882 };

export const ctmaMnist: Reproduction = {
  name: 'ctma-mnist',
  title: 'CTMA and mu^2-SGD on MNIST',
  about:
    'Dahan and Levy, ICML 2024, arXiv 2405.14759: 17 workers with batches of 4, meta-aggregators over four bases ' +
    'under four attacks (momentum), and three estimators over six learning rates (CTMA over RFA, f = 8).',
  defaultSeeds: [1, 2, 3],
  quickSeeds: [1],
  reductions: ({ size }) =>
    size === 'paper'
      ? []
      : [
          `A fully connected network 784-16-10 in place of the CNN; ${ROUNDS[size]} rounds in place of 882.`,
          ...(size === 'quick'
            ? ['Only f = 8, median and RFA, sign flip and ALIE; three learning rates.']
            : []),
        ],
  cells,
  data: 'mnist',
  open: openLab,
  summarise,
};

function cells({ size, seeds }: GridRequest): readonly Cell[] {
  const quick = size === 'quick';
  const table = [3, 4, 8]
    .filter((f) => !quick || f === 8)
    .flatMap((f) =>
      Object.keys(BASES).flatMap((base) =>
        METAS.flatMap((meta) =>
          Object.keys(ATTACKS).map((attack) => ({
            part: 'meta',
            f,
            base,
            meta,
            attack,
            estimator: 'momentum',
            rate: 0.1,
          })),
        ),
      ),
    )
    .filter(({ f, meta }) => meta !== 'bucketing' || 4 * f <= WORKERS)
    .filter(
      ({ base, attack }) =>
        !quick || (['median', 'RFA'].includes(base) && ['sign flip', 'ALIE'].includes(attack)),
    );
  const rates = Object.keys(ESTIMATORS).flatMap((estimator) =>
    RATES.filter((rate) => !quick || [10, 0.1, 0.001].includes(rate)).map((rate) => ({
      part: 'rates',
      f: 8,
      base: 'RFA',
      meta: 'CTMA' as const,
      attack: 'sign flip',
      estimator,
      rate,
    })),
  );
  return seeds.flatMap((seed) =>
    [...table, ...rates].map((labels) =>
      labCell(labels, seed, {
        experiment: {
          rounds: ROUNDS[size],
          model: size === 'paper' ? 'ctma-cnn' : { kind: 'mlp', hidden: [16] },
          data: 'mnist',
          batchSize: 4,
          estimator: ESTIMATORS[labels.estimator],
          optimizer: labels.rate,
          aggregation: { f: labels.f, ...pipelineOf(labels.base, labels.meta, labels.f) },
          compression: FULL_PRECISION,
        },
        workers: WORKERS,
        byzantine: labels.f,
        attack: ATTACKS[labels.attack],
        ...CURVE,
      }),
    ),
  );
}

function pipelineOf(base: string, meta: (typeof METAS)[number], f: number): Record<string, unknown> {
  const rule = BASES[base];
  switch (meta) {
    case 'none':
      return { rule };
    case 'bucketing':
      return { pre: [{ name: 'bucketing', s: Math.floor(WORKERS / (2 * f)) }], rule };
    case 'NNM':
      return { pre: ['nnm'], rule };
    case 'CTMA':
      return { rule: { name: 'ctma', base: rule } };
    case 'NNM + CTMA':
      return { pre: ['nnm'], rule: { name: 'ctma', base: rule } };
  }
}

function summarise(all: readonly FinishedCell[]): Summary {
  const metas = where(all, { part: 'meta' });
  const rates = where(all, { part: 'rates' });
  const fs = [...new Set(metas.map(({ settings }) => settings['f'] as number))];
  return {
    tables: [
      ...fs.map((f) =>
        accuracyTable(`n = ${WORKERS}, f = ${f}`, where(metas, { f }), ['base', 'meta'], 'attack'),
      ),
      accuracyTable(
        'Estimators over learning rates, CTMA over RFA, f = 8, sign flip',
        rates,
        ['estimator'],
        'rate',
      ),
      timesTable(metas),
    ],
    figures: ['sign flip', 'ALIE'].map((attack) =>
      accuracyFigure(`RFA under ${attack}, f = 8`, where(metas, { f: 8, base: 'RFA', attack }), 'meta'),
    ),
    verdicts: verdictsOf(metas, rates),
    json: rowsJson(all),
  };
}

function timesTable(metas: readonly FinishedCell[]): Table {
  const bases = Object.keys(BASES).filter((base) => where(metas, { base }).length > 0);
  return {
    title: 'Milliseconds of one aggregation (decoding and the step included)',
    columns: ['base', ...METAS],
    rows: bases.map((base) => [
      base,
      ...METAS.map((meta) => {
        const { mean, count } = estimateOf(valuesOf(where(metas, { base, meta }), 'aggregateMs'));
        return count === 0 ? '' : mean.toFixed(2);
      }),
    ]),
    note: 'Means over all cells and rounds, measured while other threads worked on the same cores.',
  };
}

function verdictsOf(metas: readonly FinishedCell[], rates: readonly FinishedCell[]): Verdict[] {
  const mean = (base: string, meta: string) => 100 * accuracyOf(where(metas, { base, meta })).mean;
  const gain = (base: string) => mean(base, 'CTMA') - mean(base, 'none');
  const [median, rfa] = [gain('median'), gain('RFA')];
  const behind = Math.max(...['median', 'RFA'].map((base) => mean(base, 'NNM') - mean(base, 'CTMA')));
  const time = (meta: string) => estimateOf(valuesOf(where(metas, { meta }), 'aggregateMs')).mean;
  const range = (estimator: string) => {
    const own = RATES.flatMap((rate) => {
      const found = where(rates, { estimator, rate });
      return found.length === 0 ? [] : [100 * accuracyOf(found).mean];
    });
    return { low: Math.min(...own), high: Math.max(...own) };
  };
  const large = (estimator: string) => 100 * accuracyOf(where(rates, { estimator, rate: 10 })).mean;
  const spans = Object.keys(ESTIMATORS).map(
    (e) => `${e} ${range(e).low.toFixed(1)} to ${range(e).high.toFixed(1)} %`,
  );
  return [
    {
      claim: 'CTMA lifts median and RFA.',
      held: median > 0.5 && rfa > 0.5 ? 'yes' : median > 0 || rfa > 0 ? 'in part' : 'no',
      seen: `Mean over all attacks and f: median ${signed(median)}, RFA ${signed(rfa)} points.`,
    },
    {
      claim: "CTMA is about NNM's quality at a far lower cost.",
      held: behind < 3 ? (time('CTMA') < 0.8 * time('NNM') ? 'yes' : 'in part') : 'no',
      seen:
        `NNM is at most ${behind.toFixed(1)} points ahead; one aggregation takes ${time('CTMA').toFixed(2)} ms against ` +
        `${time('NNM').toFixed(2)} ms. Both are coefficients of one Gram matrix here, so the paper's gap in cost need not show.`,
    },
    {
      claim: 'mu^2-SGD stays flat over learning rates where SGD and momentum collapse at the large ones.',
      held: large('mu^2-SGD') > Math.max(large('momentum'), large('SGD')) + 20 ? 'yes' : 'no',
      seen: `At rate 10: mu^2-SGD ${large('mu^2-SGD').toFixed(1)} %, momentum ${large('momentum').toFixed(1)} %, SGD ${large('SGD').toFixed(1)} %. Over all rates: ${spans.join(', ')}.`,
    },
  ];
}

function signed(points: number): string {
  return `${points >= 0 ? '+' : ''}${points.toFixed(1)}`;
}
