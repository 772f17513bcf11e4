/** What a rule of coefficient space gives: a combination, and what it saw of the points where it keeps some of them. */
import { meanOf, squaredDistancesTo, type Combination, type Geometry } from './geometry.ts';

/** What a selecting rule ranks its points by, or what is reported of them. */
export type DistanceMeasure =
  /** Euclidean distance to the base's aggregate, by which CTMA trims */
  | 'to-base'
  /** Krum's score: the sum of squared distances to the nearest others */
  | 'krum-score'
  /** Euclidean distance to one's own input (MoNNA) */
  | 'to-own'
  /** Euclidean distance to the aggregate */
  | 'to-aggregate';

/** What a selecting rule saw: a distance for every point, and which points it kept. */
export interface Selection {
  readonly measure: DistanceMeasure;
  readonly kept: readonly number[];
  readonly distances: ArrayLike<number>;
}

export interface LinearResult {
  readonly combination: Combination;
  readonly selection?: Selection;
}

/** The mean of the points that a rule kept, with their distances to it. */
export function meanOfKept(geometry: Geometry, kept: readonly number[]): LinearResult {
  const combination = meanOf(geometry, kept);
  const distances = squaredDistancesTo(geometry, combination).map(Math.sqrt);
  return { combination, selection: { measure: 'to-aggregate', kept, distances } };
}
