/**
 * The Application that trains: gradients from the training pool, the estimator's worker side, the compressor; and on
 * the receiver's side RoundArithmetic. Holds the agreed state and the one before it. Meant to live on a thread of its
 * own (`remote-application.ts`), since its vector arithmetic is synchronous.
 */
import { assert } from '../foundation/assert.ts';
import { OperatorError } from '../foundation/operator-error.ts';
import type { Memory } from '../compression/compressor.ts';
import type { FeedbackSpec } from '../compression/compressor-spec.ts';
import { encodeWithFeedback } from '../compression/error-feedback.ts';
import { packedReader } from '../compression/vector-reader.ts';
import { bodyDigest } from '../crypto/body-digest.ts';
import type { Digest } from '../crypto/hash.ts';
import type { PeerId } from '../crypto/peer-id.ts';
import { decodeAgreedState, encodeAgreedState, type AgreedState } from '../estimation/agreed-state.ts';
import type { Estimator, GradientOracle, RoundPlan } from '../estimation/estimator.ts';
import { float32Row } from '../linalg/packed-row.ts';
import type { Adversary, AdversaryBoard } from './adversary.ts';
import type {
  AggregateResult,
  Application,
  Contribution,
  ContributionFault,
  RoundContext,
} from './application.ts';
import { digestOfState, type RoundArithmetic } from './round-arithmetic.ts';

export interface TrainingApplicationOptions {
  readonly self: PeerId;
  readonly estimator: Estimator;
  readonly arithmetic: RoundArithmetic;
  readonly initialParameters: Float32Array;
  /** The worker's loss function; `signal` ends what it computes. `onLoss` is told each minibatch's mean loss. */
  readonly oracle: (signal: AbortSignal, onLoss: (loss: number) => void) => GradientOracle;
  readonly feedback: FeedbackSpec;
  /** Byzantine peers only. */
  readonly adversary?: Adversary;
  /** Honest peers that share a process with omniscient adversaries leave their vectors here. */
  readonly board?: AdversaryBoard;
}

interface Candidate {
  readonly base: AgreedState;
  readonly updateDigest: Digest;
  readonly next: AgreedState;
  readonly stateDigest: Digest;
}

export class TrainingApplication implements Application {
  readonly maxContributionBytes: number;
  readonly maxUpdateBytes: number;
  stateDigest: Digest;
  trainingLoss = NaN;
  private readonly options: TrainingApplicationOptions;
  private readonly memory: Memory = new Map();
  private agreed: AgreedState;
  private before: AgreedState | undefined;
  /** The last aggregate's outcome: the update that is applied next is nearly always this one. */
  private candidate: Candidate | undefined;

  constructor(options: TrainingApplicationOptions) {
    this.options = options;
    this.agreed = options.estimator.initialState(options.initialParameters);
    this.stateDigest = digestOfState(this.agreed);
    this.maxContributionBytes = options.arithmetic.maxContributionBytes;
    this.maxUpdateBytes = options.arithmetic.maxUpdateBytes;
  }

  get state(): AgreedState {
    return this.agreed;
  }

  async train(context: RoundContext, signal: AbortSignal): Promise<Uint8Array> {
    const { arithmetic, estimator, feedback, board, self } = this.options;
    const agreed = this.agreed;
    const plan = arithmetic.plan(agreed, context);
    let [losses, batches] = [0, 0];
    const oracle = this.options.oracle(signal, (loss) => {
      losses += loss;
      batches += 1;
    });
    const side = { oracle, agreed, plan, context, memory: this.memory, signal };
    const own = await estimator.contribute(side);
    this.trainingLoss = losses / batches;
    board?.post(context.round, self, own);
    const sent = await this.corrupt(own, agreed, plan, context, signal);
    // others read `own` from the board: what is subtracted from is a copy
    const vector = plan.centre === undefined ? sent : difference(sent, plan.centre);
    const compression = { ...context, worker: self, memory: this.memory };
    const compressor = arithmetic.compressorFor(plan);
    return plan.compressed
      ? encodeWithFeedback(compressor, feedback, vector, compression)
      : compressor.encode(vector, compression);
  }

  check(context: RoundContext, contribution: Contribution): Promise<ContributionFault | undefined> {
    return Promise.resolve(this.options.arithmetic.check(this.agreed, context, contribution));
  }

  aggregate(context: RoundContext, contributions: readonly Contribution[]): Promise<AggregateResult> {
    const base = this.agreed;
    const { arithmetic } = this.options;
    const { update, next, measures } = arithmetic.aggregate(base, context, contributions, { measured: true });
    const stateDigest = digestOfState(next);
    this.candidate = { base, updateDigest: bodyDigest(update), next, stateDigest };
    return Promise.resolve({ update, stateDigest, ...(measures && { measures }) });
  }

  apply(context: RoundContext, update: Uint8Array): Promise<Digest> {
    const { candidate } = this;
    const known = candidate?.base === this.agreed && candidate.updateDigest === bodyDigest(update);
    this.before = this.agreed;
    if (known) return this.settle(candidate.next, candidate.stateDigest);
    return this.settle(this.options.arithmetic.apply(this.agreed, context, update));
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
    this.memory.clear();
    return this.settle(state);
  }

  /** Takes over a state that another application of this process computed from the same certified update. */
  adopt(state: AgreedState): void {
    this.before = this.agreed;
    void this.settle(state);
  }

  private settle(state: AgreedState, stateDigest: Digest = digestOfState(state)): Promise<Digest> {
    this.agreed = state;
    this.candidate = undefined;
    this.stateDigest = stateDigest;
    return Promise.resolve(this.stateDigest);
  }

  private async corrupt(
    own: Float32Array,
    agreed: AgreedState,
    plan: RoundPlan,
    context: RoundContext,
    signal: AbortSignal,
  ): Promise<Float32Array> {
    const { adversary, initialParameters } = this.options;
    if (adversary === undefined) return own;
    const aggregate = (vectors: readonly Float32Array[]) => this.rehearse(vectors, plan, context);
    const sight = { own, parameters: agreed.parameters, initialParameters, aggregate };
    return adversary.forge(context, sight, signal);
  }

  /** What the round's pipeline would make of these vectors, for adversaries that search along a line. */
  private rehearse(vectors: readonly Float32Array[], plan: RoundPlan, context: RoundContext): Float32Array {
    const { arithmetic } = this.options;
    const readers = vectors.map((vector) =>
      packedReader(float32Row(plan.centre === undefined ? vector : difference(vector, plan.centre))),
    );
    const { output } = arithmetic.combine(plan, context, readers);
    if (plan.centre !== undefined) add(output, plan.centre);
    return output;
  }
}

function difference(vector: Float32Array, other: Float32Array): Float32Array {
  const result = vector.slice();
  subtract(result, other);
  return result;
}

function subtract(vector: Float32Array, other: Float32Array): void {
  for (let i = 0; i < vector.length; i++) vector[i] = (vector[i] as number) - (other[i] as number);
}

function add(vector: Float32Array, other: Float32Array): void {
  for (let i = 0; i < vector.length; i++) vector[i] = (vector[i] as number) + (other[i] as number);
}
