/**
 * Opens everything that training needs on this machine, from an experiment and local settings: data, shards, the
 * training pool, kernels, compressors and the estimator; and makes the Application of any peer of the run. One process
 * that plays many peers opens it once and shares pool and kernels.
 */
import { availableParallelism } from 'node:os';
import { parseAttack } from '../attacks/attack-spec.ts';
import { checkPoison } from '../attacks/data-poison.ts';
import { sampleCohort } from '../committee/sampling.ts';
import { cohortSizeAt, type Experiment } from '../config/experiment.ts';
import { experimentSize, type ExperimentSize } from '../config/experiment-size.ts';
import type { PeerId } from '../crypto/peer-id.ts';
import { present } from '../foundation/assert.ts';
import type { LinearAlgebra } from '../linalg/linear-algebra.ts';
import { openLinearAlgebra } from '../linalg/open-linear-algebra.ts';
import { MAX_BODY_BYTES } from '../network/limits.ts';
import { backendOf, type BackendName } from '../training/backends/all-backends.ts';
import type { BackendChoice } from '../training/backends/backend.ts';
import type { DatasetSpec } from '../training/data/dataset-spec.ts';
import { partition } from '../training/data/partition.ts';
import type { Evaluation } from '../training/gradient-engine.ts';
import { checkSplits, openData } from '../training/open-data.ts';
import { layoutOf } from '../training/task.ts';
import { createTrainingPool } from '../training/training-pool.ts';
import type { TrainingPool } from '../training/training-requests.ts';
import type { Dataset } from '../training/dataset.ts';
import { ByzantineWorker, Collusion } from '../round/byzantine-worker.ts';
import { EstimateBoard } from '../round/estimate-board.ts';
import { HeardContributions } from '../round/heard-contributions.ts';
import { WorkerRound } from '../round/worker-round.ts';
import type { RoundContext } from '../crypto/beacon.ts';
import { createReceiver } from '../round/create-receiver.ts';
import { newVector } from '../estimation/vector-math.ts';
import { openPipeline } from '../round/open-pipeline.ts';
import { createPoolOracle } from './pool-oracle.ts';
import type { ReceiverRound } from '../round/receiver-round.ts';
import { HeldStates } from './held-states.ts';
import { NewestOutcome } from './newest-outcome.ts';
import { TrainingApplication } from './training-application.ts';

export interface LocalTraining {
  readonly backend: BackendName | 'auto';
  /** Threads that compute gradients. */
  readonly trainingThreads: number;
  /** Threads that aggregate; left out: as many as the model's size pays for. The bytes are the same for any number. */
  readonly aggregationThreads?: number;
  /** The experiment's data set with the folder that it lies in on this machine (`provideDataset`). */
  readonly data: DatasetSpec;
}

export interface ApplicationRequest {
  readonly self: PeerId;
  /** Which part of the partition is this peer's. */
  readonly shard: number;
  /** As `parseAttack` reads it; absent for honest peers. */
  readonly attack?: unknown;
  /** All Byzantine peers of this process: they collude. */
  readonly byzantine?: readonly PeerId[];
  /** The adversary is told what others send (`Application.overhear`); where it is not, it sees its own data only. */
  readonly listens?: boolean;
}

export interface OpenTraining {
  readonly size: ExperimentSize;
  /** Examples of the peer that has the fewest. */
  readonly leastExamples: number;
  readonly backend: BackendChoice;
  readonly receiver: ReceiverRound;
  /** The applications of one run; Byzantine ones among them collude. */
  createApplications(requests: readonly ApplicationRequest[]): Promise<TrainingApplication[]>;
  evaluate(parameters: Float32Array, signal?: AbortSignal): Promise<Evaluation>;
  close(): Promise<void>;
}

export async function openTraining(experiment: Experiment, local: LocalTraining): Promise<OpenTraining> {
  const { data } = local;
  const pool = await createTrainingPool({
    task: experiment.model,
    datasets: {
      train: { kind: 'stored', spec: data, split: 'train' },
      test: { kind: 'stored', spec: data, split: 'test' },
    },
    backend: local.backend,
    workers: local.trainingThreads,
  });
  const { total: parameters } = layoutOf(pool.task.parameters);
  const linalg = openLinearAlgebra({ threads: local.aggregationThreads ?? threadsFor(parameters) });
  try {
    // after the pool has tried the task: what is wrong with a user's own is told by then
    const train = await openSplits(experiment, data);
    return await trainingOver(experiment, pool, train, linalg);
  } catch (error) {
    linalg.close();
    await pool.close();
    throw error;
  }
}

/** A thread takes some 20 MB and a moment to start, and has nothing to do where a vector is short. */
function threadsFor(parameters: number): number {
  return parameters < LEAST_SHARED_OUT ? 1 : Math.min(MOST_THREADS, availableParallelism());
}

const LEAST_SHARED_OUT = 2 ** 20;
/** Passes over memory are as fast as the memory, which a few cores exhaust. */
const MOST_THREADS = 8;

/** The training split, with the test split looked at: a fault of it must not wait for the first evaluation, hours later. */
async function openSplits({ model }: Experiment, data: DatasetSpec): Promise<Dataset> {
  const train = await openData(data, model, 'train');
  checkSplits(train, await openData(data, model, 'test'));
  return train;
}

/** Training by a pool that is open already, which becomes the result's, as do the kernels. `train`: what is shared out. */
export async function trainingOver(
  experiment: Experiment,
  pool: Omit<TrainingPool, 'gradients' | 'descend' | 'predict' | 'describe' | 'workers'> &
    Partial<Pick<TrainingPool, 'descend'>>,
  train: Dataset,
  linalg: LinearAlgebra,
): Promise<OpenTraining> {
  const { seed, roster } = experiment;
  const shards = partition(train, roster.length, experiment.partition, seed);
  const size = experimentSize(experiment, pool.task.parameters, MAX_BODY_BYTES);
  const { feedback } = experiment.compression;
  const pipeline = await openPipeline(experiment);
  const { receiver, estimator } = createReceiver(experiment, pool.task, linalg, pipeline);

  const cohortOf = (context: RoundContext): readonly PeerId[] =>
    sampleCohort(context.seed, roster, cohortSizeAt(experiment, context));

  return {
    size,
    leastExamples: shards.reduce((least, { length }) => Math.min(least, length), Infinity),
    backend: pool.backend,
    receiver,
    async createApplications(requests) {
      const first = newVector(size.parameters, linalg.vectors);
      first.set(await pool.initialParameters(seed));
      const board = new EstimateBoard();
      const byzantine = new Set(requests.flatMap((request) => request.byzantine ?? []));
      const attacks = requests.map(({ attack }) =>
        attack === undefined ? undefined : parseAttack(attack, 'attack'),
      );
      // nobody looks at the board where nobody colludes, or sees others
      const isWatched = requests.some(
        ({ byzantine: known }, i) => known !== undefined && attacks[i]?.knowledge === 'omniscient',
      );
      const states = new HeldStates(linalg.vectors?.spare, requests.length);
      const outcome = new NewestOutcome(states);
      // the state moves on in the memory of the first one
      const initial = attacks.some((attack) => attack?.readsStart) ? first.slice() : new Float32Array(0);
      const collusion = new Collusion(board, byzantine, cohortOf);
      return requests.map(({ self, shard, byzantine: known, listens }, i) => {
        const attack = attacks[i];
        checkPoison(attack?.poison, train);
        const honest = new WorkerRound({
          ...{ self, estimator, receiver, feedback },
          board: isWatched && attack === undefined ? board : undefined,
          oracle: ({ signal, onLoss }) =>
            createPoolOracle({
              ...{ pool, seed, signal, onLoss, spare: linalg.vectors?.spare },
              takesWalks: backendOf(pool.backend.name).computesOn === 'device',
              dataset: 'train',
              shard: present(shards[shard % shards.length], 'shard'),
              batchSize: experiment.batchSize,
              worker: self,
              poison: attack?.poison,
            }),
        });
        const heard = listens === true ? new HeardContributions() : undefined;
        const worker =
          attack === undefined
            ? honest
            : new ByzantineWorker(honest, {
                ...{ attack, initialParameters: initial },
                ...{ collusion: known && collusion, heard },
              });
        return new TrainingApplication({
          ...{ estimator, receiver, states, outcome, worker, heard },
          initialParameters: first,
        });
      });
    },
    evaluate: (parameters, signal) =>
      pool.evaluate({ parameters, dataset: 'test', calibration: 'train', ...(signal && { signal }) }),
    async close() {
      await pool.close();
      linalg.close();
    },
  };
}
