/**
 * The MNIST experiment of CTMA and mu^2-SGD (Dahan and Levy, ICML 2024, arXiv 2405.14759; released defaults): n = 17,
 * f = 3, 4, 8; batches of 4; learning rate 0.1; bases mean, median (lower), trimmed mean, RFA(T = 3, nu = 0.1) with no
 * meta-aggregator, bucketing, NNM, CTMA, NNM + CTMA; label flip, sign flip, IPM, ALIE. Raw gradients are clipped to 2.
 * Then the estimators over learning rates, a grid of arXiv 2304.04172 (one worker there, and a ball of radius 1), with its
 * baselines STORM and AnyTime SGD, on a convex problem, which mu^2-SGD's theorem is about, and on a network; the
 * theorem's arithmetic with and without its projection onto a ball, and the released one.
 */
import {
  accuracyFigure,
  accuracyTable,
  presentOf,
  where,
  worstCaseMap,
  type Labels,
} from './accuracy-grid.ts';
import { accuracyStudy, combinations } from './accuracy-study.ts';
import { ctmaFindings, timesTable } from './ctma-claims.ts';
import type { GridSize } from './reproduction.ts';

const WORKERS = 17;
const BASES: Readonly<Record<string, unknown>> = {
  mean: 'mean',
  median: { name: 'median', ties: 'lower' },
  'trimmed mean': 'trimmed-mean',
  RFA: { name: 'geometric-median', iterations: 3, nu: 0.1 },
};
const METAS = ['none', 'bucketing', 'NNM', 'CTMA', 'NNM + CTMA'] as const;
const ATTACKS: Readonly<Record<string, unknown>> = {
  none: null,
  'label flip': 'label-flip',
  'sign flip': 'sign-flip',
  'IPM 0.1': { kind: 'ipm', epsilon: 0.1 },
  'IPM 0.5': { kind: 'ipm', epsilon: 0.5 },
  ALIE: 'alie',
};
const RATES = [10, 1, 0.1, 0.01, 0.001, 0.0001];
const MU2 = { kind: 'mu2-sgd', gradientClip: 2 };
const ESTIMATORS = [
  'mu^2-SGD on a ball',
  'mu^2-SGD',
  'mu^2-SGD, released',
  'STORM',
  'AnyTime SGD',
  'momentum',
  'SGD',
] as const;
type EstimatorName = (typeof ESTIMATORS)[number];
type Model = 'softmax' | 'network';
const QUICK_ESTIMATORS: readonly EstimatorName[] = ['mu^2-SGD on a ball', 'momentum', 'SGD'];
const MODELS: readonly Model[] = ['softmax', 'network'];
/** Around 0, of mu^2-SGD's projection: about twice the norm of what training ends at. */
const BALL_RADIUS: Readonly<Record<Model, number>> = { softmax: 4, network: 10 };
const ROUNDS: Readonly<Record<GridSize, number>> = { quick: 150, standard: 300, paper: 882 };

export const ctmaMnist = accuracyStudy({
  name: 'ctma-mnist',
  title: 'CTMA and mu^2-SGD on MNIST',
  about:
    'Dahan and Levy, ICML 2024, arXiv 2405.14759: 17 workers with batches of 4, meta-aggregators over four bases ' +
    'under five attacks (momentum), and estimators over six learning rates (CTMA over RFA, f = 3).',
  data: 'mnist',
  reductions: (size) => [
    `A fully connected network 784-16-10 in place of the CNN; ${ROUNDS[size]} rounds in place of 882.`,
    ...(size === 'quick'
      ? ['Only f = 8, median and RFA, sign flip and ALIE; softmax regression at three learning rates.']
      : []),
  ],
  runs: (size) => [...metaRuns(size), ...rateRuns(size)],
  settings: ({ f, base, meta, attack, estimator, rate, model = 'network' }, size) => ({
    experiment: {
      rounds: ROUNDS[size],
      model: modelOf(model, size),
      data: 'mnist',
      batchSize: 4,
      estimator: estimatorOf(estimator, model),
      optimizer: rate,
      aggregation: { f, ...pipelineOf(base, meta, f) },
    },
    workers: WORKERS,
    byzantine: f,
    attack: ATTACKS[attack],
  }),
  show: (cells) => {
    const metas = where(cells, { part: 'meta' });
    const rates = where(cells, { part: 'rates' });
    const settings = combinations({
      model: presentOf(rates, 'model', MODELS),
      attack: presentOf(rates, 'attack', Object.keys(ATTACKS)),
    }).filter((labels) => where(rates, labels).length > 0);
    return {
      tables: [
        ...presentOf(metas, 'f', [3, 4, 8]).map((f) =>
          accuracyTable(`n = ${WORKERS}, f = ${f}`, where(metas, { f }), ['base', 'meta'], 'attack'),
        ),
        ...settings.map(({ model, attack }) =>
          accuracyTable(
            `Estimators over learning rates: ${model}, ${attack === 'none' ? 'no attack' : attack}`,
            where(rates, { model, attack }),
            ['estimator'],
            'rate',
          ),
        ),
        timesTable(metas, presentOf(metas, 'base', Object.keys(BASES)), METAS),
      ],
      figures: [
        worstCaseMap('Worst accuracy over attacks, percent, mean over bases', metas, 'f', 'meta'),
        ...['sign flip', 'ALIE'].map((attack) =>
          accuracyFigure(`RFA under ${attack}, f = 8`, where(metas, { f: 8, base: 'RFA', attack }), 'meta'),
        ),
      ],
      findings: ctmaFindings(metas, rates),
    };
  },
});

interface CtmaLabels extends Labels {
  readonly part: 'meta' | 'rates';
  readonly f: number;
  readonly base: string;
  readonly meta: (typeof METAS)[number];
  readonly attack: string;
  readonly estimator: EstimatorName;
  readonly rate: number;
  /** The network unless stated. */
  readonly model?: Model;
}

function metaRuns(size: GridSize): CtmaLabels[] {
  const quick = size === 'quick';
  return combinations({
    part: ['meta'],
    f: quick ? [8] : [3, 4, 8],
    base: quick ? ['median', 'RFA'] : Object.keys(BASES),
    meta: METAS,
    attack: quick ? ['sign flip', 'ALIE'] : ['label flip', 'sign flip', 'IPM 0.1', 'IPM 0.5', 'ALIE'],
    estimator: ['momentum'],
    rate: [0.1],
  }).filter(({ f, meta }) => meta !== 'bucketing' || 4 * f <= WORKERS);
}

function rateRuns(size: GridSize): CtmaLabels[] {
  const quick = size === 'quick';
  return combinations({
    part: ['rates'],
    f: [3],
    base: ['RFA'],
    meta: ['CTMA'],
    attack: quick ? ['none'] : ['none', 'sign flip'],
    estimator: quick ? QUICK_ESTIMATORS : ESTIMATORS,
    rate: quick ? [10, 0.1, 0.001] : RATES,
    model: quick ? MODELS.slice(0, 1) : MODELS,
  }).filter(({ model, attack }) => size === 'paper' || model === 'softmax' || attack === 'none');
}

function modelOf(model: Model, size: GridSize): unknown {
  if (model === 'softmax') return { kind: 'logistic-regression', form: 'softmax', bias: true };
  return size === 'paper' ? 'ctma-cnn' : { kind: 'mlp', hidden: [16] };
}

function estimatorOf(estimator: EstimatorName, model: Model): unknown {
  switch (estimator) {
    case 'mu^2-SGD on a ball':
      return { ...MU2, arithmetic: 'theory', radius: BALL_RADIUS[model] };
    case 'mu^2-SGD':
      return { ...MU2, arithmetic: 'theory' };
    case 'mu^2-SGD, released':
      return { ...MU2, arithmetic: 'released' };
    case 'STORM':
      return { ...MU2, arithmetic: 'theory', parts: 'storm', radius: BALL_RADIUS[model] };
    case 'AnyTime SGD':
      return { ...MU2, arithmetic: 'theory', parts: 'anytime', radius: BALL_RADIUS[model] };
    case 'momentum':
      return { kind: 'momentum', beta: 0.9, gradientClip: 2 };
    case 'SGD':
      return { kind: 'sgd', gradientClip: 2 };
  }
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
