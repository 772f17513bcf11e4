/**
 * The a9a experiment of Byz-VR-MARINA-PP (arXiv 2311.14127, figures of section 4): does clipping the differences keep
 * linear convergence when cohorts of 4 of 20 workers often have a Byzantine majority that shifts the model back?
 * Logistic regression, rows of unit length, no bias, l2 = 0.01; every worker holds the whole set; 15 good + 5
 * Byzantine; bucketing 2, then median; batches of 32; 10 epochs of 1000 rounds, each beginning with full gradients
 * from everybody; x^0 = 0.
 */
import { parsePipeline } from '../../src/aggregation/pipeline.ts';
import { parseAttack } from '../../src/attacks/attack-spec.ts';
import { createCompressor } from '../../src/compression/create-compressor.ts';
import { createEstimator } from '../../src/estimation/estimator-spec.ts';
import { plainSgd } from '../../src/estimation/outer-optimizer.ts';
import type { GradientOracle } from '../../src/estimation/estimator.ts';
import { createPlainLinearAlgebra } from '../../src/linalg/plain-linear-algebra.ts';
import { ReceiverRound } from '../../src/round/receiver-round.ts';
import { assert } from '../../src/foundation/assert.ts';
import { batchIndices } from '../../src/training/data/batches.ts';
import { openDataset } from '../../src/training/data/dataset-spec.ts';
import { parseDatasetSpec } from '../../src/training/data/dataset-spec.ts';
import { numberedWorkers, TrainingSimulation } from '../training/training-simulation.ts';
import type {
  Cell,
  CellRunner,
  CurvePoint,
  FinishedCell,
  GridRequest,
  Outcome,
  Reproduction,
  Summary,
} from './reproduction.ts';
import { compressRows, minimise, SparseLogistic } from './sparse-logistic.ts';
import { geometricMean, groupBy } from './statistics.ts';
import {
  FIGURE_FACTORS,
  lambdaOf,
  MARINA_VARIANTS,
  marinaFindings,
  readingsTable,
  shown,
  type Gaps,
  type KnownGaps,
  type MarinaVariant,
} from './marina-claims.ts';
import { verdictOf } from './verdict.ts';

const GOOD = 15;
const BYZANTINE = 5;
const COHORT = 4;
const BATCH = 32;
const L2 = 0.01;
const EPOCHS = 10;
const ROUNDS_PER_EPOCH = 1000;
const POINTS_PER_EPOCH = 5;

interface Curve {
  readonly name: string;
  readonly gamma: number;
  /** lambda of the clip level lambda ||x^{k+1} - x^k||; null: none. */
  readonly clip: number | null;
  /** Workers in a usual round: partial participation, or everybody. */
  readonly cohort: number;
  /** Algorithms 3 and 5: the plain mean of the clipped differences. */
  readonly plus?: true;
  /** Algorithms 4 and 5: minibatches of a full round in place of the whole set. */
  readonly minibatches?: number;
}

const GAMMAS = [0.1, 0.01, 0.001];
/** 0.52 = 2 max L_ij is the theory's own level. */
const THEORY_CLIP = 0.52;

/** lambda of the paper's text; the released code's level clip_mult ||g|| is that of lambda = clip_mult / gamma. */
function clipsOf(gamma: number): (number | null)[] {
  const released = FIGURE_FACTORS.map((factor) => lambdaOf('direction', factor, gamma));
  const levels = new Set([...FIGURE_FACTORS, THEORY_CLIP, ...released]);
  return [...[...levels].sort((a, b) => a - b), null];
}

const PARTIAL: readonly Curve[] = GAMMAS.flatMap((gamma) =>
  clipsOf(gamma).map((clip) => ({ name: nameOf(gamma, clip), gamma, clip, cohort: COHORT })),
);
const FULL_SUFFIX = ', full participation';
const FULL: readonly Curve[] = [0.1, null].map((clip) => ({
  name: `${nameOf(0.1, clip)}${FULL_SUFFIX}`,
  gamma: 0.1,
  clip,
  cohort: GOOD + BYZANTINE,
}));
const VARIANTS: readonly Curve[] = MARINA_VARIANTS.map((variant) => ({
  name: variantName(variant),
  gamma: 0.1,
  clip: 0.1,
  cohort: COHORT,
  ...(variant.plus && { plus: true }),
  ...(variant.minibatches !== undefined && { minibatches: variant.minibatches }),
}));
const QUICK: readonly Curve[] = PARTIAL.filter(({ gamma }) => gamma === 0.1);

function variantName({ name }: MarinaVariant): string {
  return `${nameOf(0.1, 0.1)}, ${name}`;
}

function nameOf(gamma: number, clip: number | null): string {
  return `gamma ${gamma}, ${clip === null ? 'no clipping' : `lambda ${clip}`}`;
}

type Settings = Omit<Curve, 'name'> & {
  readonly name: string;
  readonly seed: number;
  readonly epochs: number;
  readonly compensated: true;
};

export const vrMarinaA9a: Reproduction = {
  name: 'vr-marina-pp-a9a',
  title: 'Byz-VR-MARINA-PP on a9a: clipped differences under partial participation',
  about:
    'Malinovsky, Richtarik, Horvath, Gorbunov, arXiv 2311.14127: logistic regression on a9a, 15 good and 5 Byzantine ' +
    'workers that shift the model back whenever they are the majority of the 4 sampled; f - f* over 10 epochs of 1000 ' +
    'rounds. Parameters keep what rounding to float32 cuts off, so the curves do not end at float32.',
  defaultSeeds: [123, 124, 125],
  quickSeeds: [123],
  reductions: reductionsOf,
  cells: ({ size, seeds }) =>
    (size === 'quick' ? QUICK : [...PARTIAL, ...VARIANTS, ...FULL]).flatMap((curve) =>
      seeds.map((seed) => cellOf(curve, seed)),
    ),
  data: 'a9a',
  open,
  summarise,
};

function cellOf(curve: Curve, seed: number): Cell {
  const clip = curve.clip === null ? 'none' : String(curve.clip);
  const settings: Settings = { ...curve, seed, epochs: EPOCHS, compensated: true };
  const plus = curve.plus === true ? '-plus' : '';
  const minibatches = curve.minibatches === undefined ? '' : `-minibatches${curve.minibatches}`;
  return {
    id: `gamma${curve.gamma}-clip${clip}-cohort${curve.cohort}${plus}${minibatches}-seed${seed}`,
    settings: { ...settings },
  };
}

async function open(dataDir: string | undefined): Promise<CellRunner> {
  assert(dataDir !== undefined, 'a9a is read from a folder');
  const spec = { ...parseDatasetSpec('a9a', 'data'), dir: dataDir };
  const problem = new SparseLogistic(compressRows(await openDataset(spec, 'train')), L2);
  const fStar = minimise(problem).loss;
  return {
    run: (settings, onProgress) => runCell(problem, fStar, settings as unknown as Settings, onProgress),
    close: () => Promise.resolve(),
  };
}

async function runCell(
  problem: SparseLogistic,
  fStar: number,
  { epochs, ...settings }: Settings,
  onProgress: (share: number) => void,
): Promise<Outcome> {
  const started = performance.now();
  const simulation = createSimulation(problem, settings);
  const gapNow = () => problem.loss(simulation.state.parameters) - fStar;
  const curve: CurvePoint[] = [{ x: 0, y: gapNow() }];
  const rounds = epochs * ROUNDS_PER_EPOCH;
  for (let round = 1; round <= rounds; round++) {
    await simulation.runRound();
    if (round % (ROUNDS_PER_EPOCH / POINTS_PER_EPOCH) !== 0) continue;
    curve.push({ x: round / ROUNDS_PER_EPOCH, y: gapNow() });
    onProgress(round / rounds);
  }
  const gapAfter = (share: number) => {
    const gap = curve.find(({ x }) => x === share)?.y ?? NaN;
    return Number.isFinite(gap) ? gap : null;
  };
  const values = {
    finalGap: gapAfter(epochs),
    halfGap: gapAfter(epochs / 2),
    twoEpochsGap: gapAfter(2),
    fStar,
  };
  const seconds = (performance.now() - started) / 1000;
  return { values, curve, digest: simulation.digest(), seconds };
}

function createSimulation(
  problem: SparseLogistic,
  { gamma, clip, cohort, seed, plus, minibatches }: Omit<Settings, 'epochs'>,
): TrainingSimulation {
  const d = problem.rows.columns;
  const linalg = createPlainLinearAlgebra();
  const estimator = createEstimator(
    {
      kind: 'vr-marina-pp',
      plus: plus === true,
      full: { every: ROUNDS_PER_EPOCH },
      fullCohort: 'all',
      ...(minibatches !== undefined && { fullMinibatches: minibatches }),
      clip: clip ?? undefined,
      clipDifferences: undefined,
    },
    { ...plainSgd(gamma), compensated: true },
  );
  const float32 = createCompressor({ kind: 'float32' }, d);
  const receiver = new ReceiverRound({
    estimator,
    contributionCompressor: float32,
    plainCompressor: float32,
    updateCompressor: float32,
    pipeline: parsePipeline({ pre: [{ name: 'bucketing', s: 2 }], rule: 'median' }, 'aggregation'),
    f: 0, // the median is told nothing of f, and two buckets of which one may be bad fit no bound
    linalg,
  });
  const roster = numberedWorkers(GOOD + BYZANTINE);
  return new TrainingSimulation({
    roster,
    byzantine: new Set(roster.slice(GOOD)),
    cohortSize: cohort,
    estimator,
    receiver,
    feedback: { kind: 'none' },
    attack: parseAttack('shift-back', 'attack'),
    initial: new Float32Array(d),
    seed,
    oracleOf: createOracles(problem, seed),
  });
}

/** Everybody holds the whole set, so all full gradients of a round are the same: computed once. */
function createOracles(problem: SparseLogistic, seed: number): (worker: string) => GradientOracle {
  const everyRow = Int32Array.from({ length: problem.size }, (_, i) => i);
  let full: { readonly at: Float32Array; readonly gradient: Float32Array } | undefined;
  return (worker) => ({
    d: problem.rows.columns,
    gradient: (parameters, sample) => {
      if (sample.kind === 'batch') {
        const stream = sample.draw === 0 ? worker : `${worker}/${sample.draw}`;
        const indices = batchIndices(everyRow, BATCH, seed, stream, sample.round);
        return Promise.resolve(Float32Array.from(problem.gradient(parameters, indices)));
      }
      if (full?.at !== parameters) {
        full = { at: parameters, gradient: Float32Array.from(problem.gradient(parameters)) };
      }
      return Promise.resolve(full.gradient.slice());
    },
  });
}

function reductionsOf({ size }: GridRequest): readonly string[] {
  return size === 'quick' ? ['Only gamma 0.1; full participation and Algorithms 3, 4 and 5 left out.'] : [];
}

function summarise(cells: readonly FinishedCell[], request: GridRequest): Summary {
  const byCurve = [...groupBy(cells, ({ settings }) => settings['name'] as string)];
  const valuesOf = (name: string, value: string) =>
    (byCurve.find(([known]) => known === name)?.[1] ?? []).map(
      ({ outcome }) => outcome.values[value] ?? Infinity,
    );
  const meanGap = (name: string, value = 'finalGap') => geometricMean(valuesOf(name, value));
  const fStar = cells[0]?.outcome.values['fStar'] ?? NaN;
  const rows = byCurve.map(([name]) => [
    name,
    shown(meanGap(name)),
    valuesOf(name, 'finalGap').map(shown).join(', '),
  ]);
  const series = byCurve.map(([name, group]) => ({ name, points: meanCurve(group) }));
  const gapsOf = (name: string): Gaps | undefined =>
    byCurve.some(([known]) => known === name)
      ? {
          half: meanGap(name, 'halfGap'),
          end: meanGap(name),
          twoEpochs: meanGap(name, 'twoEpochsGap'),
        }
      : undefined;
  const known: KnownGaps = {
    of: (gamma, lambda, participation) =>
      gapsOf(`${nameOf(gamma, lambda)}${participation === 'full' ? FULL_SUFFIX : ''}`),
    variant: (variant) => gapsOf(variantName(variant)),
  };
  return {
    tables: [
      {
        title: `f - f* after ${EPOCHS} epochs, f* = ${fStar.toFixed(11)}`,
        columns: ['curve', 'geometric mean over seeds', 'each seed'],
        rows,
        note: `f(0) - f* = ${(Math.log(2) - fStar).toFixed(4)}. "exploded": the loss left the range of numbers.`,
      },
      readingsTable(known, GAMMAS),
    ],
    figures: [0.1, 0.01, 0.001].flatMap((gamma) => {
      const own = series.filter(({ name }) => name.startsWith(`gamma ${gamma},`));
      if (own.length === 0) return [];
      // what exploded would flatten everything else
      const capped = own.map(({ name, points }) => ({ name, points: points.filter(({ y }) => y < 1e3) }));
      const title = `a9a under shift-back, gamma ${gamma}: geometric mean of f - f* over seeds`;
      return [{ kind: 'lines', title, x: 'epoch', y: 'f - f*', logY: true, series: capped } as const];
    }),
    verdicts: marinaFindings(known, GAMMAS).map((finding) => verdictOf(finding, reductionsOf(request))),
    json: {
      fStar,
      curves: cells.map(({ settings, outcome }) => ({
        name: settings['name'],
        clip: settings['clip'],
        gamma: settings['gamma'],
        cohort: settings['cohort'],
        seed: settings['seed'],
        finalGap: outcome.values['finalGap'] ?? null,
      })),
    },
  };
}

/** Geometric mean over seeds, point by point. */
function meanCurve(group: readonly FinishedCell[]): CurvePoint[] {
  const [first] = group;
  return (first?.outcome.curve ?? []).map(({ x }, i) => ({
    x,
    y: geometricMean(group.map(({ outcome }) => outcome.curve[i]?.y ?? NaN)),
  }));
}
