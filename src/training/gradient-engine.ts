/**
 * Gradients and evaluations of one task on one back end, in the calling thread: flat parameters in, flat gradient out.
 * `createGradientEngine` is in `tensor-engine.ts`.
 */
import type { Walk } from '../estimation/walk.ts';
import type { Batch, Chunk, Dataset } from './dataset.ts';
import type { BackendName } from './backends/all-backends.ts';

export interface GradientEngine {
  readonly backend: BackendName;
  readonly parameterCount: number;
  /** The most examples that one call of `gradient` should be given. */
  readonly chunkSize: number;
  /** Writes the gradient of the batch's loss at `parameters` into `out` (both of length parameterCount). */
  gradient(parameters: Float32Array, batch: Batch, out: Float32Array): Promise<{ readonly loss: number }>;
  /**
   * Takes the walk's steps on the device, each along the mean gradient of one sample's chunks, and gives each step's loss.
   * The walk is written to in the end. `stopped` is asked between chunks.
   */
  descend(walk: Walk, samples: Iterable<Iterable<Chunk>>, stopped: () => boolean): Promise<readonly number[]>;
  evaluate(parameters: Float32Array, dataset: Dataset, options?: EvaluationOptions): Promise<Evaluation>;
  /** Scores of the examples, row-major [size, ...]; batch statistics come from the examples themselves. */
  predict(parameters: Float32Array, features: Batch['features'], size: number): Promise<Float32Array>;
  close(): void;
}

export interface EvaluationOptions {
  /** The examples to use; all of the data set unless given. */
  readonly indices?: ArrayLike<number>;
  readonly chunkSize?: number;
  /**
   * For models with batch normalisation: the set whose first CALIBRATION_EXAMPLES examples give the normalisers'
   * statistics; `dataset` itself unless given. Use the training set: a test set must not shape the model.
   */
  readonly calibrationSet?: Dataset;
  /** Asked between chunks. */
  readonly aborted?: () => boolean;
}

export const CALIBRATION_EXAMPLES = 512;

export interface Evaluation {
  /** Mean over the examples. */
  readonly loss: number;
  /** Share of right answers in 0 .. 1; NaN where the task reports none. */
  readonly accuracy: number;
  readonly examples: number;
  /** All metrics that the task reports, means over the examples. */
  readonly metrics: Readonly<Record<string, number>>;
}
