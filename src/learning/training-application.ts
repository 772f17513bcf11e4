/**
 * The Application that trains: gradients from the training pool, the estimator's worker side, the compressor; and on
 * the receiver's side ReceiverRound. Holds the agreed state and the one before it. Meant to live on a thread of its
 * own (`application-thread.ts`), since its vector receiver is synchronous.
 */
import { assert, present } from '../foundation/assert.ts';
import { Interned } from '../foundation/interned.ts';
import { OperatorError } from '../foundation/operator-error.ts';
import { bodyDigest } from '../crypto/body-digest.ts';
import type { Digest } from '../crypto/hash.ts';
import {
  agreedStateBytes,
  decodeAgreedState,
  encodeAgreedState,
  type AgreedState,
} from '../estimation/agreed-state.ts';
import type { Estimator } from '../estimation/estimator.ts';
import { allFinite } from '../estimation/vector-math.ts';
import type { AggregateResult, Application } from './application.ts';
import type { RoundContext } from '../crypto/beacon.ts';
import type { DecodeFault } from '../compression/compressor.ts';
import type { Contribution } from '../round/contribution-rows.ts';
import { digestOfState, type ReceiverRound } from '../round/receiver-round.ts';
import type { HeardContributions, HeardRound } from '../round/heard-contributions.ts';
import type { RoundWorker } from '../round/worker-round.ts';
import { trainingFaultOf, type TrainingFault } from './training-fault.ts';

export interface TrainingApplicationOptions {
  readonly estimator: Estimator;
  readonly receiver: ReceiverRound;
  readonly initialParameters: Float32Array;
  /** Absent for an application that only receives. */
  readonly worker?: RoundWorker;
  /** Where the worker listens to others. */
  readonly heard?: HeardContributions | undefined;
}

/** Peers of one process that agree hold a state once. */
const statesOfProcess = new Interned<AgreedState>();

interface Candidate {
  readonly base: AgreedState;
  readonly updateDigest: Digest;
  readonly next: AgreedState;
  readonly stateDigest: Digest;
}

export class TrainingApplication implements Application {
  readonly maxContributionBytes: number;
  readonly maxUpdateBytes: number;
  readonly stateByteLength: number;
  stateDigest: Digest;
  trainingLoss = NaN;
  trainingFault: TrainingFault | undefined;
  private readonly options: TrainingApplicationOptions;
  private agreed: AgreedState;
  private before: AgreedState | undefined;
  /** The last aggregate's outcome: the update that is applied next is nearly always this one. */
  private candidate: Candidate | undefined;

  constructor(options: TrainingApplicationOptions) {
    this.options = options;
    const initial = options.estimator.initialState(options.initialParameters);
    this.stateDigest = digestOfState(initial);
    this.agreed = statesOfProcess.of(this.stateDigest, initial);
    this.maxContributionBytes = options.receiver.maxContributionBytes;
    this.maxUpdateBytes = options.receiver.maxUpdateBytes;
    this.stateByteLength = agreedStateBytes(initial);
  }

  get state(): AgreedState {
    return this.agreed;
  }

  async train(context: RoundContext, signal: AbortSignal): Promise<Uint8Array> {
    const worker = present(this.options.worker, 'a worker: this application only receives');
    let [losses, batches] = [0, 0];
    const onLoss = (loss: number): void => {
      losses += loss;
      batches += 1;
    };
    let finite = true;
    const onEstimate = (vector: Float32Array): void => {
      finite = allFinite(vector, this.options.receiver.kernels);
    };
    const effort = { signal, onLoss, onEstimate };
    const body = await worker.contribute(this.agreed, context, effort).catch((error: unknown) => {
      if (!(error instanceof OperatorError)) throw error;
      throw new OperatorError(`${error.message} (in round ${context.round})`, { cause: error });
    });
    this.trainingLoss = losses / batches;
    this.trainingFault = trainingFaultOf(batches > 0 ? this.trainingLoss : 0, finite);
    return body;
  }

  check(context: RoundContext, contribution: Contribution): Promise<DecodeFault | undefined> {
    return Promise.resolve(this.options.receiver.check(this.agreed, context, contribution));
  }

  overhear(context: RoundContext, heard: HeardRound): Promise<void> {
    this.options.heard?.hear(context, heard);
    return Promise.resolve();
  }

  aggregate(context: RoundContext, contributions: readonly Contribution[]): Promise<AggregateResult> {
    const base = this.agreed;
    const { receiver } = this.options;
    const {
      update,
      next: computed,
      measures,
    } = receiver.aggregate(base, context, contributions, {
      measured: true,
    });
    const stateDigest = digestOfState(computed);
    const next = statesOfProcess.of(stateDigest, computed);
    const updateDigest = bodyDigest(update);
    this.candidate = { base, updateDigest, next, stateDigest };
    return Promise.resolve({ update, updateDigest, stateDigest, ...(measures && { measures }) });
  }

  apply(context: RoundContext, update: Uint8Array): Promise<Digest> {
    const { candidate } = this;
    const known = candidate?.base === this.agreed && candidate.updateDigest === bodyDigest(update);
    this.before = this.agreed;
    if (known) return this.settle(candidate.next, candidate.stateDigest);
    return this.settle(this.options.receiver.apply(this.agreed, context, update));
  }

  stepBack(): Promise<Digest> {
    const { before } = this;
    assert(before !== undefined, 'a step back has a state to return to');
    this.before = undefined;
    return this.settle(before);
  }

  checkpoint(): Promise<Uint8Array> {
    return Promise.resolve(encodeAgreedState(this.agreed));
  }

  restore(bytes: Uint8Array): Promise<Digest> {
    const state = decodeAgreedState(bytes, this.agreed);
    if (state === undefined) {
      throw new OperatorError('the checkpoint must hold the state of this experiment, got other bytes');
    }
    this.before = undefined;
    this.options.worker?.forget();
    return this.settle(state);
  }

  /** Takes over a state that another application of this process computed from the same certified update. */
  adopt(state: AgreedState): void {
    this.before = this.agreed;
    void this.settle(state);
  }

  private settle(state: AgreedState, stateDigest: Digest = digestOfState(state)): Promise<Digest> {
    this.agreed = statesOfProcess.of(stateDigest, state);
    this.candidate = undefined;
    this.stateDigest = stateDigest;
    return Promise.resolve(this.stateDigest);
  }
}
