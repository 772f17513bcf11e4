/** What the main thread and the application thread say to each other. */
import type { PlainError } from '../foundation/plain-error.ts';
import type { Experiment } from '../config/experiment.ts';
import type { ExperimentSize } from '../config/experiment-size.ts';
import type { BackendChoice } from '../training/backends/backend.ts';
import type { Evaluation } from '../training/gradient-engine.ts';
import type { Digest } from '../crypto/hash.ts';
import type { AggregateResult } from './application.ts';
import type { RoundContext } from '../crypto/beacon.ts';
import type { DecodeFault } from '../compression/compressor.ts';
import type { Contribution } from '../round/contribution-rows.ts';
import type { HeardRound } from '../round/heard-contributions.ts';
import type { ApplicationRequest, LocalTraining } from './open-training.ts';
import type { TrainingFault } from './training-fault.ts';

export interface ApplicationThreadData {
  readonly experiment: Experiment;
  readonly local: LocalTraining;
  readonly peers: readonly ApplicationRequest[];
}

/** What the main thread keeps of a state that lives on the other one. */
export interface Standing {
  readonly stateDigest: Digest;
  readonly round: number;
  readonly steps: number;
}

export interface Opened {
  readonly size: ExperimentSize;
  /** Examples of the peer that has the fewest. */
  readonly leastExamples: number;
  readonly backend: BackendChoice;
  readonly maxContributionBytes: number;
  readonly maxUpdateBytes: number;
  readonly stateByteLength: number;
  readonly standing: Standing;
}

export type Call =
  | { readonly method: 'train'; readonly context: RoundContext }
  | { readonly method: 'check'; readonly context: RoundContext; readonly contribution: Contribution }
  | { readonly method: 'overhear'; readonly context: RoundContext; readonly heard: HeardRound }
  | {
      readonly method: 'aggregate';
      readonly context: RoundContext;
      readonly contributions: readonly Contribution[];
    }
  | { readonly method: 'apply'; readonly context: RoundContext; readonly update: Uint8Array }
  | { readonly method: 'stepBack' }
  | { readonly method: 'checkpoint' }
  | { readonly method: 'restore'; readonly bytes: Uint8Array }
  | { readonly method: 'evaluate' }
  | { readonly method: 'parameters' };

export interface Results {
  readonly train: {
    readonly body: Uint8Array;
    readonly loss: number;
    readonly fault: TrainingFault | undefined;
  };
  readonly check: DecodeFault | undefined;
  readonly overhear: undefined;
  readonly aggregate: AggregateResult;
  readonly apply: Standing;
  readonly stepBack: Standing;
  readonly checkpoint: Uint8Array;
  readonly restore: Standing;
  readonly evaluate: Evaluation;
  readonly parameters: Float32Array;
}

/** To the thread: a call on the application of one peer, or the end of one. */
export type ToThread =
  | { readonly kind: 'call'; readonly id: number; readonly peer: number; readonly call: Call }
  | { readonly kind: 'abort'; readonly id: number }
  | { readonly kind: 'close' };

/** From the thread. Errors keep their name, message and exit code, so that an operator's fault stays one. */
export type FromThread =
  | { readonly kind: 'opened'; readonly opened: Opened }
  | { readonly kind: 'failed'; readonly error: PlainError }
  | { readonly kind: 'result'; readonly id: number; readonly result: unknown }
  | { readonly kind: 'error'; readonly id: number; readonly error: PlainError }
  | { readonly kind: 'closed' };
