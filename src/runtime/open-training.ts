/**
 * Opens everything that training needs on this machine, from an experiment and local settings: data, shards, the
 * training pool, kernels, compressors and the estimator; and makes the Application of any peer of the run. One process
 * that plays many peers opens it once and shares pool and kernels.
 */
import { parseAttack } from '../attacks/attack-spec.ts';
import { sampleCohort } from '../committee/sampling.ts';
import { cohortSizeAt, type Experiment } from '../config/experiment.ts';
import type { PeerId } from '../crypto/peer-id.ts';
import { present } from '../foundation/assert.ts';
import { openLinearAlgebra } from '../linalg/open-linear-algebra.ts';
import type { BackendName, BackendChoice } from '../training/backends/backend.ts';
import type { DatasetSpec } from '../training/data/dataset-spec.ts';
import { partition } from '../training/data/partition.ts';
import type { Evaluation } from '../training/gradient-engine.ts';
import { openData } from '../training/open-data.ts';
import { createTrainingPool } from '../training/training-pool.ts';
import { Adversary, AdversaryBoard } from './adversary.ts';
import type { RoundContext } from './application.ts';
import { createArithmetic } from './create-arithmetic.ts';
import { createPoolOracle } from './pool-oracle.ts';
import type { RoundArithmetic } from './round-arithmetic.ts';
import { TrainingApplication } from './training-application.ts';

export interface LocalTraining {
  readonly backend: BackendName | 'auto';
  /** Threads that compute gradients, and threads that aggregate. */
  readonly trainingThreads: number;
  readonly aggregationThreads: number;
  /** The experiment's data set with the folder that it lies in on this machine (`provideDataset`). */
  readonly data: DatasetSpec;
}

export interface ApplicationRequest {
  readonly self: PeerId;
  /** Which part of the partition is this peer's. */
  readonly shard: number;
  /** As `parseAttack` reads it; absent for honest peers. */
  readonly attack?: unknown;
  /** All Byzantine peers of this process: they collude. Absent: the adversary sees its own data only. */
  readonly byzantine?: readonly PeerId[];
}

export interface OpenTraining {
  readonly parameterCount: number;
  readonly backend: BackendChoice;
  readonly arithmetic: RoundArithmetic;
  readonly initialParameters: Float32Array;
  createApplication(request: ApplicationRequest): TrainingApplication;
  evaluate(parameters: Float32Array, signal?: AbortSignal): Promise<Evaluation>;
  close(): Promise<void>;
}

export async function openTraining(experiment: Experiment, local: LocalTraining): Promise<OpenTraining> {
  const { data } = local;
  const { seed, roster } = experiment;
  const pool = await createTrainingPool({
    task: experiment.model,
    datasets: {
      train: { kind: 'stored', spec: data, split: 'train' },
      test: { kind: 'stored', spec: data, split: 'test' },
    },
    backend: local.backend,
    workers: local.trainingThreads,
  });
  // after the pool has tried the task: what is wrong with a user's own is told by then
  const shards = await openData(data, experiment.model, 'train')
    .then((train) => partition(train, roster.length, experiment.partition, seed))
    .catch(async (error: unknown) => {
      await pool.close();
      throw error;
    });
  const first = await pool.initialParameters(seed);
  const { feedback } = experiment.compression;
  const linalg = openLinearAlgebra({ threads: local.aggregationThreads });
  const { arithmetic, estimator } = createArithmetic(experiment, pool.task, linalg);

  const board = new AdversaryBoard();
  const collusion = new Map<string, unknown>();
  const cohortOf = (context: RoundContext): readonly PeerId[] =>
    sampleCohort(context.seed, roster, cohortSizeAt(experiment, context));

  return {
    parameterCount: first.length,
    backend: pool.backend,
    arithmetic,
    initialParameters: first,
    createApplication({ self, shard, attack: attackSpec, byzantine }) {
      const attack = attackSpec === undefined ? undefined : parseAttack(attackSpec, 'attack');
      const oracle = (signal: AbortSignal, onLoss: (loss: number) => void) =>
        createPoolOracle({
          pool,
          dataset: 'train',
          shard: present(shards[shard % shards.length], 'shard'),
          batchSize: experiment.batchSize,
          seed,
          worker: self,
          labels: attack?.flipsLabels === true ? 'reversed' : 'true',
          signal,
          onLoss,
        });
      const adversary =
        attack === undefined
          ? undefined
          : new Adversary({
              attack,
              self,
              ...(byzantine === undefined
                ? {}
                : {
                    collusion: {
                      board,
                      byzantine: new Set(byzantine),
                      cohortOf,
                      memory: collusion,
                    },
                  }),
            });
      return new TrainingApplication({
        self,
        estimator,
        arithmetic,
        initialParameters: first,
        oracle,
        feedback,
        ...(adversary === undefined ? { board } : { adversary }),
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
