/**
 * Why CTMA (arXiv 2405.14759) falls at f = 8 of 17 under inner-product manipulation: its promise 60 delta (1 + c) is that
 * of its base. RFA's three steps of Weiszfeld from zero end far before the honest mean where nearly half of the inputs
 * sit at -epsilon times it, and the n - f nearest to that point are the forged ones; noise (small batches) is the second
 * cause. Accuracy over batch size, base, steps and start; then the authors' own network.
 */
import { accuracyFigure, accuracyOf, accuracyTable, presentOf, where, type Labels } from './accuracy-grid.ts';
import { accuracyStudy, combinations } from './accuracy-study.ts';
import type { FinishedCell, Figure, GridSize } from './reproduction.ts';
import type { Finding } from './verdict.ts';

const WORKERS = 17;
const BYZANTINE = 8;
const steps = (iterations: number, start?: 'medoid') => ({
  name: 'geometric-median',
  iterations,
  nu: 0.1,
  ...(start === undefined ? {} : { start }),
});
const EXACT = { name: 'geometric-median', iterations: 'converge' };
const LOWER_MEDIAN = { name: 'median', ties: 'lower' };
const ctma = (base: unknown) => ({ rule: { name: 'ctma', base } });
const nnm = (pipeline: Readonly<Record<string, unknown>>) => ({ pre: ['nnm'], ...pipeline });
const PIPELINES: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  'RFA, 3 steps from zero': { rule: steps(3) },
  'CTMA over RFA, 3 steps from zero': ctma(steps(3)),
  'CTMA over RFA, 8 steps from zero': ctma(steps(8)),
  'CTMA over RFA, 32 steps from zero': ctma(steps(32)),
  'CTMA over RFA, 3 steps from the medoid': ctma(steps(3, 'medoid')),
  'CTMA over the geometric median, converged': ctma(EXACT),
  'CTMA over the lower median': ctma(LOWER_MEDIAN),
  'NNM + RFA, 3 steps from zero': nnm({ rule: steps(3) }),
  'NNM + CTMA over RFA, 3 steps from zero': nnm(ctma(steps(3))),
  'NNM + CTMA over the geometric median, converged': nnm(ctma(EXACT)),
  'NNM + trimmed mean': nnm({ rule: 'trimmed-mean' }),
};
const ON_THE_CNN = [
  'CTMA over RFA, 3 steps from zero',
  'CTMA over the geometric median, converged',
  'CTMA over the lower median',
  'NNM + RFA, 3 steps from zero',
  'NNM + trimmed mean',
];
const EPSILONS = [0.1, 0.5];
const BATCHES = [4, 16, 64];
/** An epoch of the authors' network is minutes a run: no size makes it shorter. */
const ROUNDS = { batch: 300, cnn: 882 } as const;

interface BaseLabels extends Labels {
  readonly part: 'batch' | 'cnn';
  readonly pipeline: string;
  readonly batch: number;
  readonly attack: string;
}

export const ctmaBase = accuracyStudy<BaseLabels>({
  name: 'ctma-base',
  title: 'Which base CTMA needs when nearly half are Byzantine',
  about:
    'Dahan and Levy, ICML 2024, arXiv 2405.14759: 17 workers of which 8 send -epsilon times the honest mean (IPM; the released ' +
    'default is 0.5), momentum 0.9, learning rate 0.1, raw gradients clipped to norm 2.',
  data: 'mnist',
  reductions: (size) => [
    `Over batches: a fully connected network 784-16-10 in place of the CNN, ${ROUNDS.batch} rounds in place of 882.`,
    ...(size === 'quick' ? ['Batches of 64 only, no CNN.'] : []),
  ],
  runs: (size) => runsOf(size),
  settings: ({ part, pipeline, batch, attack }) => ({
    experiment: {
      rounds: ROUNDS[part],
      model: part === 'cnn' ? 'ctma-cnn' : { kind: 'mlp', hidden: [16] },
      data: 'mnist',
      batchSize: batch,
      estimator: { kind: 'momentum', beta: 0.9, gradientClip: 2 },
      optimizer: 0.1,
      aggregation: { f: BYZANTINE, ...PIPELINES[pipeline] },
    },
    workers: WORKERS,
    byzantine: BYZANTINE,
    attack: { kind: 'ipm', epsilon: Number(attack.replace('IPM ', '')) },
  }),
  show: (cells) => {
    const batches = where(cells, { part: 'batch' });
    const cnn = where(cells, { part: 'cnn' });
    const attacks = presentOf(cells, 'attack', EPSILONS.map(nameOf));
    return {
      tables: [
        ...presentOf(batches, 'batch', BATCHES).map((batch) =>
          accuracyTable(
            `MLP 784-16-10, ${ROUNDS.batch} rounds, batches of ${batch}`,
            where(batches, { batch }),
            ['pipeline'],
            'attack',
          ),
        ),
        ...(cnn.length === 0
          ? []
          : [accuracyTable("The authors' CNN, batches of 4", cnn, ['pipeline'], 'attack')]),
      ],
      figures: [
        ...attacks.map((attack) => batchFigure(attack, where(batches, { attack }))),
        ...(cnn.length === 0
          ? []
          : [accuracyFigure("The authors' CNN, IPM 0.5", where(cnn, { attack: 'IPM 0.5' }), 'pipeline')]),
      ],
      findings: [
        ...attacks.map((attack) => findingOf(attack, where(batches, { attack }))),
        ...presentOf(cnn, 'attack', attacks).map((attack) => cnnFinding(attack, where(cnn, { attack }))),
      ],
    };
  },
});

function nameOf(epsilon: number): string {
  return `IPM ${epsilon}`;
}

function runsOf(size: GridSize): BaseLabels[] {
  const attack = EPSILONS.map(nameOf);
  const batches = combinations({
    part: ['batch'],
    pipeline: Object.keys(PIPELINES),
    batch: size === 'quick' ? [64] : BATCHES,
    attack,
  });
  if (size === 'quick') return batches;
  return [...batches, ...combinations({ part: ['cnn'], pipeline: ON_THE_CNN, batch: [4], attack })];
}

function batchFigure(attack: string, cells: readonly FinishedCell[]): Figure {
  const series = presentOf(cells, 'pipeline', Object.keys(PIPELINES)).map((pipeline) => ({
    name: pipeline,
    points: presentOf(cells, 'batch', BATCHES).map((batch) => ({
      x: Math.log2(batch),
      y: accuracyOf(where(cells, { pipeline, batch })).mean,
    })),
  }));
  const title = `Accuracy against batch size, ${attack}`;
  return { kind: 'lines', title, x: 'log2 of the batch', y: 'test accuracy', logY: false, series };
}

function findingOf(attack: string, cells: readonly FinishedCell[]): Finding {
  const score = (pipeline: string, batch: number) => 100 * accuracyOf(where(cells, { pipeline, batch })).mean;
  const names = presentOf(cells, 'pipeline', Object.keys(PIPELINES));
  const batches = presentOf(cells, 'batch', BATCHES);
  const shown = (percent: number) => (Number.isNaN(percent) ? 'not run' : percent.toFixed(1));
  const text = names.map(
    (name) => `${name}: ${batches.map((batch) => shown(score(name, batch))).join(' / ')}`,
  );
  const gain = score('CTMA over the lower median', 64) - score('CTMA over RFA, 3 steps from zero', 64);
  return {
    claim: `Under ${attack} at f = 8 of 17 the base decides what CTMA is worth.`,
    source: null,
    answer: Number.isNaN(gain) ? 'not run' : gain > 10 ? 'yes' : gain > 0 ? 'in part' : 'no',
    seen: `Percent at batches of ${batches.join(' / ')}: ${text.join('; ')}.`,
    setting: `MLP 784-16-10, ${ROUNDS.batch} rounds, rate 0.1`,
    rows: `part = batch, attack = ${attack}`,
  };
}

/** Points by which a pipeline on the authors' network has to be ahead of CTMA over RFA. */
const CLEAR_POINTS = 10;

function cnnFinding(attack: string, cells: readonly FinishedCell[]): Finding {
  const lines = presentOf(cells, 'pipeline', ON_THE_CNN).map((pipeline) => ({
    pipeline,
    percent: 100 * accuracyOf(where(cells, { pipeline })).mean,
  }));
  const released = lines.find(({ pipeline }) => pipeline === ON_THE_CNN[0])?.percent ?? NaN;
  const rivals = lines.filter(({ pipeline }) => pipeline !== ON_THE_CNN[0]);
  const best = Math.max(...rivals.map(({ percent }) => percent));
  return {
    claim: `On the authors' CNN with batch norm, too, CTMA over RFA with 3 steps is not the best choice under ${attack} at f = 8 of 17.`,
    source: null,
    answer:
      Number.isNaN(released) || rivals.length === 0
        ? 'not run'
        : best > released + CLEAR_POINTS
          ? 'yes'
          : best > released
            ? 'in part'
            : 'no',
    seen: `${lines.map(({ pipeline, percent }) => `${pipeline}: ${percent.toFixed(1)}`).join('; ')} %.`,
    setting: `CTMA's CNN, ${ROUNDS.cnn} rounds, batches of 4, rate 0.1`,
    rows: `part = cnn, attack = ${attack}`,
  };
}
