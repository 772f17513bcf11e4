/**
 * What each contribution was to the round's aggregate, for those who look at a run: its norm as it was sent, how far it
 * lay from the aggregate and in which direction, and what the rule did with it. Nothing that peers agree on depends on
 * it. Coefficient space knows most of it already (`InputMeasures`); what it does not costs one pass over the numbers.
 */
import type { Aggregated } from '../aggregation/aggregate.ts';
import type { LinearAlgebra } from '../linalg/linear-algebra.ts';
import { vectorSource, zeroSource } from '../linalg/memory-source.ts';
import type { ContributionRows } from './contribution-rows.ts';

export interface ContributionMeasure {
  readonly worker: string;
  /** Euclidean norm as sent, before anything was clipped. */
  readonly norm: number;
  /** Euclidean distance from what went into the rule to the aggregate. */
  readonly distance: number;
  /** Cosine of the angle to the aggregate, in -1 .. 1; 0 where one of them is zero. */
  readonly cosine: number;
  /** What it was multiplied by when it was clipped; 1: it was not. */
  readonly scale: number;
  /** Whether the rule left it out, or mixed it into so few others that it stands apart (`InputMeasures.apart`). */
  readonly trimmed: boolean;
  /** Its coefficient in the aggregate; absent where the rule works coordinate by coordinate. */
  readonly weight?: number;
}

export interface MeasuredRound {
  readonly workers: readonly string[];
  /** What the rule was given; clipped rows are clipped in it. */
  readonly rows: ContributionRows;
  readonly output: Float32Array;
  readonly aggregation: Aggregated;
  /** What the receiver's own clipping multiplied each row by, where it clips. */
  readonly clipped: readonly number[] | undefined;
  readonly linalg: LinearAlgebra;
}

/** In the order of the workers. */
export function measureContributions(round: MeasuredRound): ContributionMeasure[] {
  const { workers, rows, output, aggregation, clipped, linalg } = round;
  const { inputs, coefficients, report } = aggregation;
  const norms = inputs?.norms ?? roots(rows.squaredDistances(zeroSource(rows.d), linalg));
  const distances = inputs?.distances ?? roots(rows.squaredDistances(vectorSource(output), linalg));
  const length = normOf(output);
  return workers.map((worker, i) => {
    const [given, distance] = [norms[i] ?? 0, distances[i] ?? 0];
    const ownScale = clipped?.[i] ?? 1;
    const scale = ownScale * (inputs?.scales?.[i] ?? 1);
    const weight = coefficients?.[i];
    return {
      worker,
      norm: ownScale === 0 ? 0 : given / ownScale,
      distance,
      cosine: cosineOf(given, length, distance),
      scale,
      trimmed: report?.rows[i]?.kept === false || inputs?.apart?.[i] === true,
      ...(weight === undefined ? {} : { weight }),
    };
  });
}

/** By |x - y|^2 = |x|^2 + |y|^2 - 2 <x, y>; rounding may leave the range by a little. */
function cosineOf(a: number, b: number, distance: number): number {
  if (a === 0 || b === 0) return 0;
  return Math.max(-1, Math.min(1, (a * a + b * b - distance * distance) / (2 * a * b)));
}

function roots(squares: Float64Array): Float64Array {
  return squares.map(Math.sqrt);
}

function normOf(vector: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < vector.length; i++) sum += (vector[i] as number) ** 2;
  return Math.sqrt(sum);
}
