/**
 * The receiver's side of a round, which every peer computes to the same bytes: decode each contribution, clip it, run
 * the robust rule, encode the update, take the step. A function of the experiment, the agreed state and the bodies;
 * it holds no state but its scratch memory. The network's peers, the in-process simulations and `verify-run` all call it.
 */
import { assert } from '../foundation/assert.ts';
import { aggregate, type Aggregated } from '../aggregation/aggregate.ts';
import type { Pipeline } from '../aggregation/pipeline.ts';
import type { Compressor, DecodeFault } from '../compression/compressor.ts';
import { digestOf, type Digest } from '../crypto/hash.ts';
import { encodeAgreedState, skipRound, type AgreedState } from '../estimation/agreed-state.ts';
import type { Estimator, RoundPlan } from '../estimation/estimator.ts';
import type { LinearAlgebra, Matrix } from '../linalg/linear-algebra.ts';
import type { Contribution, ContributionFault, RoundContext } from './application.ts';
import { measureContributions, type ContributionMeasure } from './contribution-measures.ts';

export interface RoundArithmeticOptions {
  readonly estimator: Estimator;
  /** What contributions travel as where the round's plan compresses them, and where it does not. */
  readonly contributionCompressor: Compressor;
  readonly plainCompressor: Compressor;
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

/** The digest that peers compare: of the canonical bytes of the state. */
export function digestOfState(state: AgreedState): Digest {
  return digestOf('synod/agreed-state', encodeAgreedState(state));
}

export class RoundArithmetic {
  readonly maxContributionBytes: number;
  readonly maxUpdateBytes: number;
  private readonly options: RoundArithmeticOptions;
  private readonly d: number;
  private scratch: Float32Array | undefined;

  constructor(options: RoundArithmeticOptions) {
    this.options = options;
    this.d = options.updateCompressor.d;
    this.maxContributionBytes = Math.max(
      options.contributionCompressor.maxBytes,
      options.plainCompressor.maxBytes,
    );
    this.maxUpdateBytes = options.updateCompressor.maxBytes;
  }

  plan(agreed: AgreedState, context: RoundContext): RoundPlan {
    return this.options.estimator.plan(agreed, context);
  }

  /** The compressor of this round's contributions. */
  compressorFor(plan: RoundPlan): Compressor {
    return plan.compressed ? this.options.contributionCompressor : this.options.plainCompressor;
  }

  check(
    agreed: AgreedState,
    context: RoundContext,
    { worker, body }: Contribution,
  ): ContributionFault | undefined {
    const compressor = this.compressorFor(this.plan(agreed, context));
    if (body.length > compressor.maxBytes) return 'wrong-length';
    this.scratch ??= new Float32Array(this.d);
    return compressor.decode(body, { ...context, worker }, this.scratch);
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
    const matrix = this.options.linalg.createMatrix(contributions.length, this.d);
    try {
      this.decodeAll(plan, context, contributions, matrix);
      const { output, aggregation, clipped } = this.combine(plan, context, matrix);
      if (!allFinite(output)) return { update: new Uint8Array(0), next: skipRound(agreed) };
      const update = this.options.updateCompressor.encode(output, { ...context, worker: '' });
      const decoded = this.decodeUpdate(context, update);
      // rounding up may leave the range of float32
      if (typeof decoded === 'string') return { update: new Uint8Array(0), next: skipRound(agreed) };
      const workers = contributions.map(({ worker }) => worker);
      const { linalg } = this.options;
      const measures = measured
        ? measureContributions({ workers, matrix, output, aggregation, clipped, linalg })
        : undefined;
      const next = this.step(agreed, context, decoded);
      return { update, next, aggregation, ...(measures && { measures }) };
    } finally {
      matrix.free();
    }
  }

  /** The state after a certified update; a step that leaves the range of float32 is not taken. */
  apply(agreed: AgreedState, context: RoundContext, update: Uint8Array): AgreedState {
    if (update.length === 0) return skipRound(agreed);
    const decoded = this.decodeUpdate(context, update);
    assert(typeof decoded !== 'string', `a certified update is ${String(decoded)}`);
    return this.step(agreed, context, decoded);
  }

  private decodeUpdate(context: RoundContext, update: Uint8Array): Float32Array | DecodeFault {
    const decoded = new Float32Array(this.d);
    return this.options.updateCompressor.decode(update, { ...context, worker: '' }, decoded) ?? decoded;
  }

  private step(agreed: AgreedState, context: RoundContext, decoded: Float32Array): AgreedState {
    const next = this.options.estimator.step(agreed, this.plan(agreed, context), decoded);
    return isFinite(next) ? next : skipRound(agreed);
  }

  /** Clips the rows to the plan's level in place and runs its rule; also what a line-searching adversary consults. */
  combine(plan: RoundPlan, context: RoundContext, matrix: Matrix): Combined {
    const { linalg, pipeline, f } = this.options;
    const clipped = plan.clipLevel === undefined ? undefined : clipRows(matrix, plan.clipLevel, linalg);
    const output = new Float32Array(this.d);
    const rule: Pipeline = plan.rule === 'mean' ? { pre: [], rule: { name: 'mean' } } : pipeline;
    const { previous } = plan;
    const options = { f, linalg, out: output, seed: context.seed, ...(previous && { previous }) };
    const aggregation = aggregate(rule, matrix, options);
    assert(aggregation.kind === 'aggregated', 'checked contributions are finite');
    return { aggregation, output, clipped };
  }

  private decodeAll(
    plan: RoundPlan,
    context: RoundContext,
    contributions: readonly Contribution[],
    matrix: Matrix,
  ): void {
    const compressor = this.compressorFor(plan);
    contributions.forEach(({ worker, body }, i) => {
      const fault = compressor.decode(body, { ...context, worker }, matrix.row(i));
      assert(fault === undefined, `a checked contribution of ${worker} is ${fault}`);
    });
  }
}

/** clip_l(x) = min(1, l / ||x||) x for each row (arXiv 2311.14127, section 3); returns the factors. */
function clipRows(matrix: Matrix, level: number, linalg: LinearAlgebra): number[] {
  const squares = linalg.squaredDistances(matrix, new Float32Array(matrix.d));
  return Array.from(squares, (square, i) => {
    const norm = Math.sqrt(square);
    if (norm <= level) return 1;
    const scale = level / norm;
    const row = matrix.row(i);
    for (let j = 0; j < row.length; j++) row[j] = (row[j] as number) * scale;
    return scale;
  });
}

function isFinite(state: AgreedState): boolean {
  return [state.parameters, ...Object.values(state.shared)].every((value) =>
    typeof value === 'number' ? Number.isFinite(value) : allFinite(value),
  );
}

/** As `every(Number.isFinite)`, without a call for each value: it runs over every vector of every round. */
function allFinite(values: Float32Array): boolean {
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number;
    if (value - value !== 0) return false;
  }
  return true;
}
