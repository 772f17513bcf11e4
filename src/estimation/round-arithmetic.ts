/**
 * The arithmetic of one round, from a worker's gradient to the next agreed state: estimate, centre, compress; decode,
 * clip, aggregate, encode the update; decode the update, step. Real peers and simulations run this very code. What
 * follows the worker's gradient is deterministic bit by bit.
 * An update of no bytes is the skip update: too few contributions, or numbers that left the range of float32.
 */
import { aggregate } from '../aggregation/aggregate.ts';
import { leastInputs, type Pipeline } from '../aggregation/pipeline.ts';
import type { CompressionContext, Compressor, DecodeFault, Memory } from '../compression/compressor.ts';
import type { FeedbackSpec } from '../compression/compressor-spec.ts';
import { createFloat32 } from '../compression/dense.ts';
import { encodeWithFeedback } from '../compression/error-feedback.ts';
import { assert } from '../foundation/assert.ts';
import type { LinearAlgebra, Matrix } from '../linalg/linear-algebra.ts';
import { sharedVector, skipRound, type AgreedState } from './agreed-state.ts';
import type { Estimator, GradientOracle, RoundPlan, SharedRandomness } from './estimator.ts';
import { addScaled, clipToNorm } from './vector-math.ts';

export interface RoundArithmeticOptions {
  readonly d: number;
  readonly estimator: Estimator;
  readonly pipeline: Pipeline;
  /** How many contributions of a round may be Byzantine; what the rule is told. */
  readonly f: number;
  readonly compressor: Compressor;
  readonly feedback: FeedbackSpec;
  /** For the broadcast; must decode what it encodes without the sender's memory. */
  readonly updateCompressor: Compressor;
  readonly linalg: LinearAlgebra;
}

export interface EncodedContribution {
  /** The worker's peer id. */
  readonly worker: string;
  readonly body: Uint8Array;
}

const PREVIOUS_AGGREGATE = 'aggregation.previous';

export class RoundArithmetic {
  readonly maxContributionBytes: number;
  readonly maxUpdateBytes: number;
  private readonly options: RoundArithmeticOptions;
  private readonly uncompressed: Compressor;
  private readonly leastContributions: number;

  constructor(options: RoundArithmeticOptions) {
    this.options = options;
    this.uncompressed = createFloat32(options.d);
    this.maxContributionBytes = Math.max(this.uncompressed.maxBytes, options.compressor.maxBytes);
    this.maxUpdateBytes = options.updateCompressor.maxBytes;
    this.leastContributions = leastInputs(options.pipeline, options.f);
  }

  initialState(parameters: Float32Array): AgreedState {
    const state = this.options.estimator.initialState(parameters);
    if (!this.startsFromPrevious) return state;
    return { ...state, shared: { ...state.shared, [PREVIOUS_AGGREGATE]: new Float32Array(this.options.d) } };
  }

  plan(agreed: AgreedState, context: SharedRandomness): RoundPlan {
    return this.options.estimator.plan(agreed, context);
  }

  /** A worker's own vector, before anything is done to it; reads and writes its memory. */
  estimate(
    oracle: GradientOracle,
    agreed: AgreedState,
    context: SharedRandomness,
    memory: Memory,
    signal?: AbortSignal,
  ): Promise<Float32Array> {
    const plan = this.plan(agreed, context);
    const side = { oracle, agreed, plan, context, memory };
    return this.options.estimator.contribute(signal === undefined ? side : { ...side, signal });
  }

  /** The body of a contribution; reads and writes the worker's memory where feedback or a warm start needs it. */
  encode(
    vector: Float32Array,
    plan: RoundPlan,
    context: CompressionContext & { readonly memory: Memory },
  ): Uint8Array {
    const { compressor, feedback } = this.options;
    const centred = plan.centre === undefined ? vector : addScaled(vector, -1, plan.centre);
    if (!plan.compressed) return this.uncompressed.encode(centred, context);
    return encodeWithFeedback(compressor, feedback, centred, context);
  }

  /** What the receiver makes of a body: decoded and clipped, in `out`. */
  decode(
    body: Uint8Array,
    plan: RoundPlan,
    context: CompressionContext,
    out: Float32Array,
  ): DecodeFault | undefined {
    const compressor = plan.compressed ? this.options.compressor : this.uncompressed;
    const fault = compressor.decode(body, context, out);
    if (fault === undefined && plan.clipLevel !== undefined) clipToNorm(out, plan.clipLevel);
    return fault;
  }

  /** The update that follows from exactly these contributions, in this order; each was checked with `decode`. */
  aggregate(
    agreed: AgreedState,
    context: SharedRandomness,
    contributions: readonly EncodedContribution[],
  ): Uint8Array {
    const plan = this.plan(agreed, context);
    if (contributions.length < Math.max(1, plan.rule === 'mean' ? 1 : this.leastContributions)) {
      return new Uint8Array(0);
    }
    const rows = this.options.linalg.createMatrix(contributions.length, this.options.d);
    try {
      contributions.forEach(({ worker, body }, i) => {
        const fault = this.decode(body, plan, { ...context, worker }, rows.row(i));
        assert(fault === undefined, `a contribution that was checked decodes, not ${fault}`);
      });
      return this.encodeUpdate(this.aggregateRows(agreed, plan, context, rows), context);
    } finally {
      rows.free();
    }
  }

  /** The aggregate of decoded rows, before it is encoded; undefined where a row is not finite. */
  aggregateRows(
    agreed: AgreedState,
    plan: RoundPlan,
    context: SharedRandomness,
    rows: Matrix,
  ): Float32Array | undefined {
    const { d, f, linalg, pipeline } = this.options;
    const out = new Float32Array(d);
    if (plan.rule === 'mean') {
      linalg.weightedSum(rows, new Float64Array(rows.n).fill(1 / rows.n), out);
      return out;
    }
    const base = { f, linalg, out, seed: context.seed };
    const options = this.startsFromPrevious
      ? { ...base, previous: sharedVector(agreed, PREVIOUS_AGGREGATE) }
      : base;
    return aggregate(pipeline, rows, options).kind === 'aggregated' ? out : undefined;
  }

  /** The state after an update's bytes, or the fault of bytes that are none. Changes nothing. */
  apply(agreed: AgreedState, context: SharedRandomness, update: Uint8Array): AgreedState | DecodeFault {
    if (update.length === 0) return skipRound(agreed);
    const { d, estimator, updateCompressor } = this.options;
    const decoded = new Float32Array(d);
    const fault = updateCompressor.decode(update, { ...context, worker: '' }, decoded);
    if (fault !== undefined) return fault;
    const next = estimator.step(agreed, this.plan(agreed, context), decoded);
    if (!isFinite(next)) return skipRound(agreed);
    if (!this.startsFromPrevious) return next;
    return { ...next, shared: { ...next.shared, [PREVIOUS_AGGREGATE]: decoded } };
  }

  private encodeUpdate(aggregated: Float32Array | undefined, context: SharedRandomness): Uint8Array {
    if (aggregated === undefined || !aggregated.every(Number.isFinite)) return new Uint8Array(0);
    return this.options.updateCompressor.encode(aggregated, { ...context, worker: '' });
  }

  /** Centered clipping starts at the last aggregate, which is therefore part of the agreed state. */
  private get startsFromPrevious(): boolean {
    return this.options.pipeline.rule.name === 'centered-clipping';
  }
}

function isFinite(state: AgreedState): boolean {
  return [state.parameters, ...Object.values(state.shared)].every((value) =>
    typeof value === 'number' ? Number.isFinite(value) : value.every(Number.isFinite),
  );
}
