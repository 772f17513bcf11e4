/**
 * The worker's side of a round: estimate at the agreed state, subtract the centre, compress with error feedback. Peers on
 * the network and simulations in one process call the same; a Byzantine worker is a decorator around it.
 */
import type { Memory } from '../compression/compressor.ts';
import type { FeedbackSpec } from '../compression/compressor-spec.ts';
import { encodeWithFeedback } from '../compression/error-feedback.ts';
import type { AgreedState } from '../estimation/agreed-state.ts';
import type { Estimator, GradientOracle, RoundPlan } from '../estimation/estimator.ts';
import { addScaled } from '../estimation/vector-math.ts';
import type { EstimateBoard } from './estimate-board.ts';
import type { RoundContext } from '../crypto/beacon.ts';
import type { ReceiverRound } from './receiver-round.ts';

/** How a worker computes: until the signal ends it, telling the mean loss of each minibatch and what it comes to. */
export interface Effort {
  readonly signal: AbortSignal;
  readonly onLoss: (loss: number) => void;
  /** Of an honest worker: the vector before it is compressed; only to be read, and only until the call returns. */
  readonly onEstimate?: (vector: Float32Array) => void;
}

export interface RoundWorker {
  /** What the worker sends in a round that starts from the agreed state. */
  contribute(agreed: AgreedState, context: RoundContext, effort: Effort): Promise<Uint8Array>;
  /** Forgets what it remembers between rounds, as after a restart. */
  forget(): void;
}

export interface WorkerRoundOptions {
  readonly self: string;
  readonly estimator: Estimator;
  readonly receiver: ReceiverRound;
  readonly feedback: FeedbackSpec;
  /** The worker's loss function. */
  readonly oracle: (effort: Effort) => GradientOracle;
  /** Where honest workers that share a process with omniscient adversaries leave their vectors. */
  readonly board?: EstimateBoard | undefined;
}

export class WorkerRound implements RoundWorker {
  readonly self: string;
  readonly receiver: ReceiverRound;
  private readonly options: WorkerRoundOptions;
  private readonly memory: Memory = new Map();

  constructor(options: WorkerRoundOptions) {
    this.options = options;
    this.self = options.self;
    this.receiver = options.receiver;
  }

  async contribute(agreed: AgreedState, context: RoundContext, effort: Effort): Promise<Uint8Array> {
    const { board } = this.options;
    board?.begin(context.round);
    const plan = this.receiver.plan(agreed, context);
    const vector = await this.estimate(agreed, plan, context, effort);
    effort.onEstimate?.(vector);
    const spare = this.receiver.kernels?.spare;
    board?.post(context.round, this.self, vector, spare);
    const bytes = this.encode(vector, plan, context);
    if (board === undefined) spare?.give(vector);
    return bytes;
  }

  /** The honest vector, in gradient units; it advances the estimator's memory. */
  estimate(
    agreed: AgreedState,
    plan: RoundPlan,
    context: RoundContext,
    effort: Effort,
  ): Promise<Float32Array> {
    const oracle = this.options.oracle(effort);
    const { memory } = this;
    return this.options.estimator.contribute({
      ...{ oracle, agreed, plan, context, memory },
      signal: effort.signal,
    });
  }

  /** The bytes of a vector, which is only read: others may see it on the board. */
  encode(vector: Float32Array, plan: RoundPlan, context: RoundContext): Uint8Array {
    const { kernels } = this.receiver;
    const centred = plan.centre === undefined ? vector : addScaled(vector, -1, plan.centre, kernels);
    const compressor = this.receiver.compressorFor(plan);
    const compression = { ...context, worker: this.self, memory: this.memory };
    const bytes = plan.compressed
      ? encodeWithFeedback(compressor, this.options.feedback, centred, compression, kernels)
      : compressor.encode(centred, compression);
    if (centred !== vector) kernels?.spare.give(centred);
    return bytes;
  }

  forget(): void {
    this.memory.clear();
  }
}
