/** What a caller asks of the training pool, and what it gets. */
import type { DataPoison } from '../attacks/data-poison.ts';
import type { BackendName } from './backends/all-backends.ts';
import type { BackendChoice } from './backends/backend.ts';
import type { Walk } from '../estimation/walk.ts';
import type { DatasetSpec, Split } from './data/dataset-spec.ts';
import type { Evaluation } from './gradient-engine.ts';
import type { Seed } from '../foundation/seeded-random.ts';
import type { MemoryDatasetSpec } from './memory-dataset.ts';
import type { DataShape } from './task.ts';
import type { TaskSpec } from './task-spec.ts';

/** A description of a data set that a worker thread opens by itself. */
export type PoolDatasetSpec =
  | MemoryDatasetSpec
  /** One split of a set that an experiment file names: opened by the thread, shared with nobody. */
  | { readonly kind: 'stored'; readonly spec: DatasetSpec; readonly split: Split };

export interface TrainingPoolOptions {
  readonly task: TaskSpec;
  /**
   * By name; each worker opens one the first time that a request names it. All have the first one's shapes. A task
   * module with data of its own adds `train` and `test`.
   */
  readonly datasets: Readonly<Record<string, PoolDatasetSpec>>;
  /** `auto` takes the first that passes its probe. */
  readonly backend: BackendName | 'auto';
  /**
   * Worker threads; one for each core but one unless given, and at least one. Back ends with threads or a device of
   * their own get one in any case.
   */
  readonly workers?: number;
  /** The longest that one call of a user's own code may take before its thread is ended; two minutes unless given. */
  readonly hookLimitMs?: number;
}

/** One mean gradient over some examples of a data set. */
export interface BatchRequest {
  readonly dataset: string;
  /** Examples by number; `all` passes over the whole set in chunks of the task's size. */
  readonly indices: readonly number[] | Int32Array | 'all';
  /** What is done to the examples before they are trained on: a poisoned worker. Left out: nothing. */
  readonly poison?: DataPoison;
}

export interface GradientRequest extends BatchRequest {
  /** A view of a SharedArrayBuffer is read in place, anything else is copied to the worker. */
  readonly parameters: Float32Array;
  /** Where to write the gradient; in place and without a copy where it views a SharedArrayBuffer. */
  readonly out?: Float32Array;
  readonly signal?: AbortSignal;
}

/** Steps of an inner optimizer, one for each batch, taken where gradients are computed. */
export interface DescendRequest {
  /** Its vectors are written to in the end; views of a SharedArrayBuffer by the thread itself, others by a copy. */
  readonly walk: Walk;
  readonly batches: readonly BatchRequest[];
  readonly signal?: AbortSignal;
}

/** Several gradients at the same parameters, spread over the workers: the simulation of many peers. */
export interface GradientsRequest {
  readonly parameters: Float32Array;
  readonly batches: readonly BatchRequest[];
  /** One row a batch, as in GradientRequest. */
  readonly out?: readonly Float32Array[];
  readonly signal?: AbortSignal;
}

export interface GradientResult {
  readonly gradient: Float32Array;
  /** Mean loss over the examples, regularisation included. */
  readonly loss: number;
}

export interface EvaluateRequest {
  readonly parameters: Float32Array;
  readonly dataset: string;
  /** Examples by number; all unless given. */
  readonly indices?: readonly number[] | Int32Array;
  /** The data set whose first examples calibrate batch normalisation (`train`, say); `dataset` unless given. */
  readonly calibration?: string;
  readonly signal?: AbortSignal;
}

export interface PredictRequest {
  readonly parameters: Float32Array;
  /** Row-major [size, ...featureShape]. */
  readonly features: Float32Array | Int32Array;
  readonly size: number;
  readonly signal?: AbortSignal;
}

/** What a task is made of and what it trains on, for those who do not load it themselves. */
export interface TaskDescription {
  readonly name: string;
  readonly parameters: readonly { readonly name: string; readonly shape: readonly number[] }[];
}

export interface DatasetDescription extends DataShape {
  readonly name: string;
  readonly size: number;
}

export interface TrainingPool {
  readonly task: TaskDescription;
  /** Length of the flat vector. */
  readonly parameterCount: number;
  /** The back end in use and why those before it were skipped. */
  readonly backend: BackendChoice;
  readonly workers: number;
  /** The first parameters of a run; the same bytes everywhere for a seed. */
  initialParameters(seed: Seed): Promise<Float32Array>;
  describe(dataset: string): Promise<DatasetDescription>;
  gradient(request: GradientRequest): Promise<GradientResult>;
  gradients(request: GradientsRequest): Promise<readonly GradientResult[]>;
  /** The loss of each step. */
  descend(request: DescendRequest): Promise<readonly number[]>;
  evaluate(request: EvaluateRequest): Promise<Evaluation>;
  predict(request: PredictRequest): Promise<Float32Array>;
  /** Rejects what is under way with `closed` and ends the threads. */
  close(): Promise<void>;
}
