/**
 * The receiver's side of a round, which every peer computes to the same bytes: read each contribution out of its body,
 * clip it, run the robust rule, encode the update, take the step. A function of the experiment, the agreed state and the
 * bodies. The network's peers, the in-process simulations and `verify-run` all call it.
 */
import { aggregateStream } from '../aggregation/aggregate-stream.ts';
import type { Aggregated } from '../aggregation/aggregate.ts';
import type { Pipeline } from '../aggregation/pipeline.ts';
import type { CompressionContext, Compressor, DecodeFault } from '../compression/compressor.ts';
import type { VectorReader } from '../compression/vector-reader.ts';
import type { RoundContext } from '../crypto/beacon.ts';
import { present } from '../foundation/assert.ts';
import { bodyDigestOfParts } from '../crypto/body-digest.ts';
import type { Digest } from '../crypto/hash.ts';
import { agreedStatePieces, skipRound, vectorsOf, type AgreedState } from '../estimation/agreed-state.ts';
import type { Estimator, RoundPlan } from '../estimation/estimator.ts';
import { addScaled, allFinite, newVector } from '../estimation/vector-math.ts';
import type { LinearAlgebra, VectorKernels } from '../linalg/linear-algebra.ts';
import { vectorSink, vectorSource } from '../linalg/memory-source.ts';
import { measureContributions, type ContributionMeasure } from './contribution-measures.ts';
import { ContributionRows, type Contribution } from './contribution-rows.ts';

export interface ReceiverRoundOptions {
  readonly estimator: Estimator;
  /** What contributions travel as where the round's plan compresses them. */
  readonly contributionCompressor: Compressor;
  /** And where it does not; absent where it always does, so that nobody takes or keeps bodies of that length. */
  readonly plainCompressor?: Compressor | undefined;
  /** What the agreed update travels as. */
  readonly updateCompressor: Compressor;
  readonly pipeline: Pipeline;
  readonly f: number;
  readonly linalg: LinearAlgebra;
}

export interface Combined {
  readonly output: Float32Array;
  readonly aggregation: Aggregated;
  /** What clipping to the plan's level multiplied each row by; undefined where the plan does not clip. */
  readonly clipped: readonly number[] | undefined;
  /** What the rule was given. */
  readonly rows: ContributionRows;
}

export interface RoundResult {
  /** The encoded update; empty for a skipped round. */
  readonly update: Uint8Array;
  readonly next: AgreedState;
  /** What the rule says of its inputs, in the order of the contributions; undefined for a skipped round. */
  readonly aggregation?: Aggregated;
  /** In the order of the contributions, where they were asked for; undefined for a skipped round. */
  readonly measures?: readonly ContributionMeasure[];
}

/** The digest that peers compare: the name of the body that the state's canonical bytes are, under which it is fetched. */
export function digestOfState(state: AgreedState): Digest {
  return bodyDigestOfParts(agreedStatePieces(state));
}

export class ReceiverRound {
  readonly maxContributionBytes: number;
  readonly maxUpdateBytes: number;
  private readonly options: ReceiverRoundOptions;
  private readonly d: number;

  constructor(options: ReceiverRoundOptions) {
    this.options = options;
    this.d = options.updateCompressor.d;
    this.maxContributionBytes = Math.max(
      options.contributionCompressor.maxBytes,
      options.plainCompressor?.maxBytes ?? 0,
    );
    this.maxUpdateBytes = options.updateCompressor.maxBytes;
  }

  /** Of whole vectors, for who plays the worker's side beside it. */
  get kernels(): VectorKernels | undefined {
    return this.options.linalg.vectors;
  }

  plan(agreed: AgreedState, context: RoundContext): RoundPlan {
    return this.options.estimator.plan(agreed, context);
  }

  /** The compressor of this round's contributions. */
  compressorFor(plan: RoundPlan): Compressor {
    const { contributionCompressor, plainCompressor } = this.options;
    return plan.compressed
      ? contributionCompressor
      : present(plainCompressor, 'a compressor for uncompressed rounds');
  }

  check(agreed: AgreedState, context: RoundContext, { worker, body }: Contribution): DecodeFault | undefined {
    const compressor = this.compressorFor(this.plan(agreed, context));
    if (body.length > compressor.maxBytes) return 'wrong-length';
    const reader = compressor.open(body, { ...context, worker });
    if (typeof reader === 'string') return reader;
    reader.release?.();
    return undefined;
  }

  /** A contribution as a vector in gradient units, as the rule sees it, which is the caller's; undefined where it is none. */
  vectorOf(plan: RoundPlan, context: RoundContext, { worker, body }: Contribution): Float32Array | undefined {
    const decoded = this.decode(this.compressorFor(plan), body, { ...context, worker });
    if (typeof decoded === 'string') return undefined;
    if (plan.centre === undefined) return decoded;
    const vector = addScaled(decoded, 1, plan.centre, this.kernels);
    this.kernels?.spare.give(decoded);
    return vector;
  }

  /** The update and the state after it. Contributions are sorted by worker and were checked; none gives a skip. */
  aggregate(
    agreed: AgreedState,
    context: RoundContext,
    contributions: readonly Contribution[],
    { measured = false }: { readonly measured?: boolean } = {},
  ): RoundResult {
    if (contributions.length === 0) return { update: new Uint8Array(0), next: skipRound(agreed) };
    const plan = this.plan(agreed, context);
    const readers = this.readersOf(plan, context, contributions);
    const { output, aggregation, clipped, rows } = this.combine(plan, context, readers);
    const isUsable = allFinite(output, this.kernels);
    const workers = contributions.map(({ worker }) => worker);
    const { linalg } = this.options;
    const measures =
      measured && isUsable
        ? measureContributions({ workers, rows, output, aggregation, clipped, linalg })
        : undefined;
    for (const { release } of readers) release?.();
    if (!isUsable) return this.skip(agreed, output);
    const update = this.options.updateCompressor.encode(output, { ...context, worker: '' });
    // the aggregate has served: what everyone decodes takes its place
    const decoded = this.decodeUpdate(context, update, output);
    // rounding up may leave the range of float32
    if (typeof decoded === 'string') return this.skip(agreed, output);
    const next = this.step(agreed, context, decoded);
    return { update, next, aggregation, ...(measures && { measures }) };
  }

  private skip(agreed: AgreedState, output: Float32Array): RoundResult {
    this.kernels?.spare.give(output);
    return { update: new Uint8Array(0), next: skipRound(agreed) };
  }

  /** The state after a certified update; a step that leaves the range of float32 is not taken. */
  apply(agreed: AgreedState, context: RoundContext, update: Uint8Array): AgreedState {
    if (update.length === 0) return skipRound(agreed);
    const decoded = this.decodeUpdate(context, update);
    if (typeof decoded !== 'string') return this.step(agreed, context, decoded);
    throw new Error(`internal error: a certified update is ${decoded}`);
  }

  private decodeUpdate(
    context: RoundContext,
    update: Uint8Array,
    out?: Float32Array,
  ): Float32Array | DecodeFault {
    return this.decode(this.options.updateCompressor, update, { ...context, worker: '' }, out);
  }

  /** Writes to `out`, or to a vector that then belongs to the caller. */
  private decode(
    compressor: Compressor,
    bytes: Uint8Array,
    context: CompressionContext,
    out?: Float32Array,
  ): Float32Array | DecodeFault {
    const reader = compressor.open(bytes, context);
    if (typeof reader === 'string') return reader;
    const { packed } = reader;
    const decoded = out ?? newVector(this.d, this.kernels);
    if (!(packed && this.kernels?.combine(1, packed, 0, undefined, decoded) === true))
      reader.read(0, this.d, decoded);
    reader.release?.();
    return decoded;
  }

  /** Takes the decoded update over: the state that follows may keep it, or have its parameters there. */
  private step(agreed: AgreedState, context: RoundContext, decoded: Float32Array): AgreedState {
    const { kernels } = this;
    const stepped = this.options.estimator.step(agreed, this.plan(agreed, context), decoded, decoded);
    const next = isFinite(stepped, kernels) ? stepped : skipRound(agreed);
    if (kernels !== undefined) {
      const kept = new Set([...vectorsOf(agreed), ...vectorsOf(next)]);
      const made = new Set([decoded, ...vectorsOf(stepped)]);
      for (const vector of made) if (!kept.has(vector)) kernels.spare.give(vector);
    }
    return next;
  }

  /** Clips the vectors to the plan's level and runs its rule; also what a line-searching adversary consults. */
  combine(plan: RoundPlan, context: RoundContext, readers: readonly VectorReader[]): Combined {
    const { linalg, pipeline, f } = this.options;
    const given = new ContributionRows(readers, this.d, linalg);
    const clipping = plan.clipLevel === undefined ? undefined : given.clipped(plan.clipLevel, linalg);
    const rows = clipping?.rows ?? given;
    const output = newVector(this.d, linalg.vectors);
    const rule: Pipeline = plan.rule === 'mean' ? { pre: [], rule: { name: 'mean' } } : pipeline;
    const { previous } = plan;
    const aggregation = aggregateStream(rule, rows, {
      ...{ f, linalg, streams: rows.streams(linalg), seed: context.seed },
      ...(previous && { previous: vectorSource(previous) }),
      out: vectorSink(output),
      // the base is read before the aggregate is written
      createBase: () => ({ sink: vectorSink(output), source: () => vectorSource(output) }),
    });
    return { aggregation, output, clipped: clipping?.factors, rows };
  }

  private readersOf(
    plan: RoundPlan,
    context: RoundContext,
    contributions: readonly Contribution[],
  ): readonly VectorReader[] {
    const compressor = this.compressorFor(plan);
    return contributions.map(({ worker, body }) => {
      const reader = compressor.open(body, { ...context, worker });
      if (typeof reader !== 'string') return reader;
      throw new Error(`internal error: a checked contribution of ${worker} is ${reader}`);
    });
  }
}

function isFinite(state: AgreedState, kernels: VectorKernels | undefined): boolean {
  return [state.parameters, ...Object.values(state.shared)].every((value) =>
    typeof value === 'number' ? Number.isFinite(value) : allFinite(value, kernels),
  );
}
