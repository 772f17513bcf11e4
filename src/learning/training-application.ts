/**
 * The Application that trains: gradients from the training pool, the estimator's worker side, the compressor; and on
 * the receiver's side ReceiverRound. Holds the agreed state and the one before it. Meant to live on a thread of its
 * own (`application-thread.ts`), since its vector receiver is synchronous.
 */
import { assert, present } from '../foundation/assert.ts';
import { OperatorError } from '../foundation/operator-error.ts';
import { inSharedMemory } from '../foundation/shared-memory.ts';
import { bodyDigest } from '../crypto/body-digest.ts';
import type { Digest } from '../crypto/hash.ts';
import { agreedStateBytes, decodeAgreedState, type AgreedState } from '../estimation/agreed-state.ts';
import type { Estimator } from '../estimation/estimator.ts';
import { allFinite } from '../estimation/vector-math.ts';
import type { AggregateResult, Application } from './application.ts';
import type { RoundContext } from '../crypto/beacon.ts';
import type { DecodeFault } from '../compression/compressor.ts';
import type { Contribution } from '../round/contribution-rows.ts';
import { digestOfState, type ReceiverRound } from '../round/receiver-round.ts';
import type { HeardContributions, HeardRound } from '../round/heard-contributions.ts';
import type { RoundWorker } from '../round/worker-round.ts';
import type { HeldStates } from './held-states.ts';
import type { NewestOutcome, Standing } from './newest-outcome.ts';
import { trainingFaultOf, type TrainingFault } from './training-fault.ts';

export interface TrainingApplicationOptions {
  readonly estimator: Estimator;
  readonly receiver: ReceiverRound;
  readonly initialParameters: Float32Array;
  readonly states: HeldStates;
  readonly outcome: NewestOutcome;
  /** Absent for an application that only receives. */
  readonly worker?: RoundWorker;
  /** Where the worker listens to others. */
  readonly heard?: HeardContributions | undefined;
}

export class TrainingApplication implements Application {
  readonly maxContributionBytes: number;
  readonly maxUpdateBytes: number;
  readonly stateByteLength: number;
  trainingLoss = NaN;
  trainingFault: TrainingFault | undefined;
  private readonly options: TrainingApplicationOptions;
  private agreed: Standing;
  private before: Standing | undefined;

  constructor(options: TrainingApplicationOptions) {
    this.options = options;
    this.agreed = this.hold(options.estimator.initialState(options.initialParameters));
    this.maxContributionBytes = options.receiver.maxContributionBytes;
    this.maxUpdateBytes = options.receiver.maxUpdateBytes;
    this.stateByteLength = agreedStateBytes(this.state);
  }

  /** To be read at once, before anything else is asked of the application; `reading` holds on to it. */
  get state(): AgreedState {
    return this.agreed.state;
  }

  get stateDigest(): Digest {
    return this.agreed.digest;
  }

  /** What is made of the state as it is now; the application may move on meanwhile. */
  async reading<T>(read: (state: AgreedState) => Promise<T>): Promise<T> {
    const { state, digest } = this.hold(this.agreed.state, this.agreed.digest);
    try {
      return await read(state);
    } finally {
      this.options.states.letGo(digest);
    }
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
    const contributed = this.reading((agreed) => worker.contribute(agreed, context, effort));
    const body = await contributed.catch((error: unknown) => {
      if (!(error instanceof OperatorError)) throw error;
      throw new OperatorError(`${error.message} (in round ${context.round})`, { cause: error });
    });
    this.trainingLoss = losses / batches;
    this.trainingFault = trainingFaultOf(batches > 0 ? this.trainingLoss : 0, finite);
    return body;
  }

  check(context: RoundContext, contribution: Contribution): Promise<DecodeFault | undefined> {
    return Promise.resolve(this.options.receiver.check(this.state, context, contribution));
  }

  overhear(context: RoundContext, heard: HeardRound): Promise<void> {
    this.options.heard?.hear(context, heard);
    return Promise.resolve();
  }

  aggregate(context: RoundContext, contributions: readonly Contribution[]): Promise<AggregateResult> {
    const { outcome, receiver } = this.options;
    const { update, updateDigest, next, measures } = outcome.of(
      this.stateDigest,
      context,
      contributions,
      () => {
        const computed = receiver.aggregate(this.state, context, contributions, { measured: true });
        const digest = digestOfState(computed.next);
        return {
          update: inSharedMemory(computed.update),
          updateDigest: bodyDigest(computed.update),
          next: { state: computed.next, digest },
          measures: computed.measures,
        };
      },
    );
    return Promise.resolve({ update, updateDigest, stateDigest: next.digest, ...(measures && { measures }) });
  }

  apply(context: RoundContext, update: Uint8Array): Promise<Digest> {
    const { outcome, receiver } = this.options;
    const known = outcome.after(this.stateDigest, context, () => bodyDigest(update));
    const next = known
      ? this.hold(known.state, known.digest)
      : this.hold(receiver.apply(this.state, context, update));
    return this.moveTo(next, this.agreed);
  }

  stepBack(): Promise<Digest> {
    const { before } = this;
    assert(before !== undefined, 'a step back has a state to return to');
    return this.moveTo(this.hold(before.state, before.digest), undefined);
  }

  checkpoint(): Promise<Uint8Array> {
    return Promise.resolve(this.options.states.bytesOf(this.stateDigest));
  }

  restore(bytes: Uint8Array): Promise<Digest> {
    const state = decodeAgreedState(bytes, this.state);
    if (state === undefined) {
      throw new OperatorError('the checkpoint must hold the state of this experiment, got other bytes');
    }
    this.options.worker?.forget();
    return this.moveTo(this.hold(state), undefined);
  }

  /** Takes over a state that another application of this process computed from the same certified update. */
  adopt(state: AgreedState): void {
    void this.moveTo(this.hold(state), this.agreed);
  }

  private hold(state: AgreedState, digest: Digest = digestOfState(state)): Standing {
    return { state: this.options.states.hold(digest, state), digest };
  }

  /** `next` is held for it already; `before` is undefined or the present state. */
  private moveTo(next: Standing, before: Standing | undefined): Promise<Digest> {
    const gone = [this.before, before === undefined ? this.agreed : undefined];
    this.agreed = next;
    this.before = before;
    for (const standing of gone) if (standing !== undefined) this.options.states.letGo(standing.digest);
    this.options.outcome.forgetUnlessHeld();
    return Promise.resolve(this.stateDigest);
  }
}
