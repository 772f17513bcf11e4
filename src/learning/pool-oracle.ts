/** A worker's own loss as its estimator sees it: gradients over its shard, computed by the training pool. */
import type { DataPoison } from '../attacks/data-poison.ts';
import type { SpareVectors } from '../foundation/spare-vectors.ts';
import type { GradientOracle, Sample } from '../estimation/estimator.ts';
import { batchIndices } from '../training/data/batches.ts';
import type { BatchRequest, TrainingPool } from '../training/training-requests.ts';

export interface PoolOracleOptions {
  readonly pool: Pick<TrainingPool, 'parameterCount' | 'gradient'> & Partial<Pick<TrainingPool, 'descend'>>;
  /**
   * Whether the pool takes walks of local steps whole: worth it where parameters have to cross to a device. On the processor
   * the kernels are sooner done with a step than the back end's operations.
   */
  readonly takesWalks?: boolean;
  /** The pool's name of the data set, and the examples of it that are this worker's. */
  readonly dataset: string;
  readonly shard: Int32Array;
  readonly batchSize: number;
  /** Decides the minibatches, together with the worker, the round and the draw. */
  readonly seed: string;
  readonly worker: string;
  /** What is done to its examples; left out: nothing. */
  readonly poison?: DataPoison | undefined;
  readonly signal?: AbortSignal;
  /** Where gradients get their memory, which the training threads then write to; left out: each is copied. */
  readonly spare?: SpareVectors | undefined;
  /** Told the mean loss of each minibatch: it comes with the gradient. */
  readonly onLoss?: (loss: number) => void;
}

export function createPoolOracle(options: PoolOracleOptions): GradientOracle {
  const { pool, dataset, shard, batchSize, seed, worker, poison, signal, spare, onLoss } = options;
  const indicesOf = (sample: Sample): Int32Array => {
    if (sample.kind === 'full') return shard;
    const stream = sample.draw === 0 ? worker : `${worker}/${sample.draw}`;
    return batchIndices(shard, batchSize, seed, stream, sample.round);
  };
  const batchOf = (sample: Sample): BatchRequest => ({
    dataset,
    indices: indicesOf(sample),
    ...(poison === undefined ? {} : { poison }),
  });
  const descend = options.takesWalks === true ? pool.descend : undefined;
  return {
    d: pool.parameterCount,
    ...(descend === undefined
      ? {}
      : {
          async descend(walk, samples) {
            const request = { walk, batches: samples.map(batchOf) };
            const losses = await descend.call(pool, signal === undefined ? request : { ...request, signal });
            walk.steps += losses.length;
            for (const loss of losses) onLoss?.(loss);
          },
        }),
    async gradient(parameters, sample) {
      const out = spare?.take(pool.parameterCount);
      const request = { ...batchOf(sample), parameters, ...(out && { out }) };
      // after a failure a thread may still be writing: the memory is then the collector's
      const { gradient, loss } = await pool.gradient(signal === undefined ? request : { ...request, signal });
      onLoss?.(loss);
      return gradient;
    },
  };
}
