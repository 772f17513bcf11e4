/** What the training pool and its worker threads say to each other. */
import type { PlainError } from '../foundation/plain-error.ts';
import type { Seed } from '../foundation/seeded-random.ts';
import type { BackendName } from './backends/all-backends.ts';
import type { BackendChoice, SkippedBackend } from './backends/backend.ts';
import type { Evaluation } from './gradient-engine.ts';
import type { TaskSpec } from './task-spec.ts';
import type {
  BatchRequest,
  DatasetDescription,
  DescendRequest,
  EvaluateRequest,
  PoolDatasetSpec,
  PredictRequest,
  TaskDescription,
} from './training-requests.ts';
import type { TrainingErrorCode } from './training-error.ts';

export interface WorkerStart {
  readonly task: TaskSpec;
  readonly datasets: Readonly<Record<string, PoolDatasetSpec>>;
  readonly backend: BackendName | 'auto';
  readonly lost: readonly SkippedBackend[];
  /** Two int32: the id of the last job that was aborted while it ran, and the beats of `hook-watch.ts`. */
  readonly control: SharedArrayBuffer;
}

export type Job =
  | {
      readonly kind: 'gradients';
      readonly parameters: Float32Array;
      readonly batches: readonly BatchRequest[];
      /** Rows over shared memory to write in; otherwise rows are made and handed back. */
      readonly out: readonly (Float32Array | undefined)[];
    }
  | ({ readonly kind: 'descend' } & Omit<DescendRequest, 'signal'>)
  | ({ readonly kind: 'evaluate' } & Omit<EvaluateRequest, 'signal'>)
  | ({ readonly kind: 'predict' } & Omit<PredictRequest, 'signal'>)
  | { readonly kind: 'initial-parameters'; readonly seed: Seed }
  | { readonly kind: 'describe'; readonly dataset: string };

export type JobResult =
  | {
      readonly kind: 'gradients';
      readonly rows: readonly (Float32Array | undefined)[];
      readonly losses: readonly number[];
    }
  | { readonly kind: 'descend'; readonly losses: readonly number[] }
  | { readonly kind: 'evaluate'; readonly evaluation: Evaluation }
  | { readonly kind: 'predict'; readonly scores: Float32Array }
  | { readonly kind: 'initial-parameters'; readonly parameters: Float32Array }
  | { readonly kind: 'describe'; readonly dataset: DatasetDescription };

export type ToWorker =
  { readonly kind: 'job'; readonly id: number; readonly job: Job } | { readonly kind: 'close' };

export type FromWorker =
  | {
      readonly kind: 'ready';
      readonly backend: BackendChoice;
      readonly task: TaskDescription;
      readonly parameterCount: number;
    }
  /** It could not start; `operator` tells whether the operator can cure it. */
  | { readonly kind: 'failed'; readonly operator: boolean; readonly error: PlainError }
  | { readonly kind: 'done'; readonly id: number; readonly result: JobResult }
  | {
      readonly kind: 'error';
      readonly id: number;
      /** `operator`: the operator can cure it; its message is then a sentence. */
      readonly code: TrainingErrorCode | 'operator';
      readonly error: PlainError;
    };
