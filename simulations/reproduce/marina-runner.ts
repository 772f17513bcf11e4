/**
 * Runs one curve of the a9a experiment of Byz-VR-MARINA-PP (arXiv 2311.14127): logistic regression, rows of unit length,
 * no bias, l2 = 0.01; every worker holds the whole set; 15 good + 5 Byzantine; bucketing 2, then median; batches of 32;
 * epochs of 1000 rounds, each beginning with full gradients from everybody (or minibatches: Algorithms 4 and 5).
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
import { openDataset, parseDatasetSpec } from '../../src/training/data/dataset-spec.ts';
import { numberedWorkers, TrainingSimulation } from '../training/training-simulation.ts';
import type { CellRunner, CurvePoint, Outcome } from './reproduction.ts';
import { compressRows, minimise, SparseLogistic } from './sparse-logistic.ts';

const GOOD = 15;
const BYZANTINE = 5;
export const MARINA_WORKERS = GOOD + BYZANTINE;
const BATCH = 32;
const L2 = 0.01;
const ROUNDS_PER_EPOCH = 1000;
const POINTS_PER_EPOCH = 5;

export interface MarinaCurve {
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

export type MarinaCell = MarinaCurve & {
  readonly seed: number;
  readonly epochs: number;
  readonly compensated: true;
};

/** Opens a9a once for all cells of a thread. */
export async function openMarina(dataDir: string | undefined): Promise<CellRunner> {
  assert(dataDir !== undefined, 'a9a is read from a folder');
  const spec = { ...parseDatasetSpec('a9a', 'data'), dir: dataDir };
  const problem = new SparseLogistic(compressRows(await openDataset(spec, 'train')), L2);
  const fStar = minimise(problem).loss;
  return {
    run: (settings, onProgress) => runCell(problem, fStar, settings as unknown as MarinaCell, onProgress),
    close: () => Promise.resolve(),
  };
}

async function runCell(
  problem: SparseLogistic,
  fStar: number,
  { epochs, ...settings }: MarinaCell,
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
  { gamma, clip, cohort, seed, plus, minibatches }: Omit<MarinaCell, 'epochs'>,
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
  const roster = numberedWorkers(MARINA_WORKERS);
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
