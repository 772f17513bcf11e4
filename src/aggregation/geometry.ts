/**
 * Coefficient space. Every rule but the coordinate-wise ones returns an affine combination of the inputs whose
 * coefficients depend on the inputs only through their mutual distances, so it never needs R^d: a point is a vector of
 * coefficients that add up to 1, and the Gram matrix measures it.
 *
 * Besides the points that a rule aggregates there are anchors: the origin (so that a norm is a distance, and scaling a
 * vector moves it along a line) and the previous aggregate. With these, clipping and normalising are affine too, and
 * every combination of pre-aggregators and rules is a product of small matrices.
 *
 * The inner products are taken around some reference point. Which one does not matter to an affine combination, only
 * to rounding: measure.ts chooses it so that close points stay distinguishable.
 */
import { assert, present } from '../foundation/assert.ts';

export type Anchor = 'origin' | 'previous';

export interface Geometry {
  /** The points to aggregate have the indices 0 .. count - 1; the anchors follow in their order. */
  readonly count: number;
  readonly anchors: readonly Anchor[];
  /** count + anchors.length */
  readonly size: number;
  /** Row-major size x size inner products; NaN where the pipeline was held not to need one. */
  readonly gram: Float64Array;
}

/** Coefficients over all points and anchors of a geometry; they add up to 1. */
export type Combination = Float64Array;

export function indexOfAnchor(geometry: Geometry, anchor: Anchor): number {
  const place = geometry.anchors.indexOf(anchor);
  assert(place >= 0, `the anchor ${anchor} was measured`);
  return geometry.count + place;
}

/** The point or anchor itself. */
export function unit(geometry: Geometry, index: number): Combination {
  const combination = new Float64Array(geometry.size);
  combination[index] = 1;
  return combination;
}

/** The mean of some points. */
export function meanOf(geometry: Geometry, indices: readonly number[]): Combination {
  const combination = new Float64Array(geometry.size);
  for (const i of indices) combination[i]! += 1 / indices.length;
  return combination;
}

/** The mean of all points under weights that need not add up to 1. */
export function weightedMean(geometry: Geometry, weights: ArrayLike<number>): Combination {
  const combination = new Float64Array(geometry.size);
  let total = 0;
  for (let i = 0; i < geometry.count; i++) total += weights[i]!;
  for (let i = 0; i < geometry.count; i++) combination[i] = weights[i]! / total;
  return combination;
}

/** The point `scale` of the way from an anchor to a point. */
export function scaledFrom(geometry: Geometry, anchor: number, index: number, scale: number): Combination {
  const combination = new Float64Array(geometry.size);
  combination[anchor] = 1 - scale;
  combination[index]! += scale;
  return combination;
}

export function squaredDistance(geometry: Geometry, i: number, j: number): number {
  const { gram, size } = geometry;
  const value = gram[i * size + i]! + gram[j * size + j]! - 2 * gram[i * size + j]!;
  return value < 0 ? 0 : value;
}

/** Squared distances of the points to a combination. */
export function squaredDistancesTo(geometry: Geometry, combination: Combination): Float64Array {
  const { gram, size, count } = geometry;
  const product = timesGram(geometry, combination);
  const squaredNorm = dot(combination, product);
  const distances = new Float64Array(count);
  for (let i = 0; i < count; i++) {
    distances[i] = Math.max(0, gram[i * size + i]! - 2 * product[i]! + squaredNorm);
  }
  return distances;
}

/** Squared distance between two combinations, from their difference, which cancels before it is squared. */
export function squaredDistanceBetween(geometry: Geometry, a: Combination, b: Combination): number {
  const difference = a.map((x, i) => x - b[i]!);
  return Math.max(0, dot(difference, timesGram(geometry, difference)));
}

/** Row-major count x count squared distances of the points. */
export function distanceMatrix(geometry: Geometry): Float64Array {
  const { count } = geometry;
  const distances = new Float64Array(count * count);
  for (let i = 0; i < count; i++) {
    for (let j = 0; j < i; j++) {
      distances[i * count + j] = distances[j * count + i] = squaredDistance(geometry, i, j);
    }
  }
  return distances;
}

/** Row-major count x count inner products of the points around a combination (an anchor, a mean). */
export function gramAround(geometry: Geometry, center: Combination): Float64Array {
  const { gram, size, count } = geometry;
  const product = timesGram(geometry, center);
  const squaredNorm = dot(center, product);
  const around = new Float64Array(count * count);
  for (let i = 0; i < count; i++) {
    for (let j = 0; j <= i; j++) {
      const value = gram[i * size + j]! - product[i]! - product[j]! + squaredNorm;
      around[i * count + j] = around[j * count + i] = value;
    }
  }
  return around;
}

/** Gram times a vector of coefficients; entries that a zero coefficient meets are not read. */
export function timesGram(geometry: Geometry, coefficients: Float64Array): Float64Array {
  const { gram, size } = geometry;
  const product = new Float64Array(size);
  for (let j = 0; j < size; j++) {
    const coefficient = coefficients[j]!;
    if (coefficient === 0) continue;
    for (let i = 0; i < size; i++) product[i]! += coefficient * gram[j * size + i]!;
  }
  return product;
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) if (a[i] !== 0) sum += a[i]! * b[i]!;
  return sum;
}

/** The geometry of new points, each a combination of the old ones; the anchors stay. */
export function mix(geometry: Geometry, points: readonly Combination[]): Geometry {
  const count = points.length;
  const size = count + geometry.anchors.length;
  const rows = [
    ...points,
    ...geometry.anchors.map((anchor) => unit(geometry, indexOfAnchor(geometry, anchor))),
  ];
  const gram = new Float64Array(size * size);
  for (let i = 0; i < size; i++) {
    const product = timesGram(geometry, present(rows[i], 'row'));
    for (let j = 0; j <= i; j++) {
      gram[i * size + j] = gram[j * size + i] = dot(present(rows[j], 'row'), product);
    }
  }
  return { count, anchors: geometry.anchors, size, gram };
}

/** A combination of mixed points as a combination of the points they were mixed from. */
export function unmix(
  geometry: Geometry,
  points: readonly Combination[],
  combination: Combination,
): Combination {
  const result = new Float64Array(geometry.size);
  points.forEach((point, k) => {
    const coefficient = combination[k]!;
    if (coefficient !== 0) for (let i = 0; i < result.length; i++) result[i]! += coefficient * point[i]!;
  });
  for (let a = 0; a < geometry.anchors.length; a++) {
    result[geometry.count + a]! += combination[points.length + a]!;
  }
  return result;
}
