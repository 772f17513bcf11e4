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
import { leastIndex } from './order.ts';

export type Anchor = 'origin' | 'previous';

export interface Geometry {
  /** The points to aggregate have the indices 0 .. count - 1; the anchors follow in their order. */
  readonly count: number;
  readonly anchors: readonly Anchor[];
  /** count + anchors.length */
  readonly size: number;
  /** Row-major size x size inner products; NaN where the pipeline was held not to need one, empty where it needs none. */
  readonly gram: Float64Array;
  /** The squared norms of the points, where a pass around the origin told them. */
  readonly squaredNorms?: Float64Array;
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

/**
 * Pairs of mixed points whose squared distance is below this share of their squared norms are measured again around one
 * of the points; float64 still leaves 1e-10 of a distance at this share.
 */
const CLOSE_SHARE = 2 ** -20;

/**
 * The geometry of new points, each a combination of the old ones; the anchors stay. Equal combinations get equal entries,
 * so that what ties in exact arithmetic ties here.
 */
export function mix(geometry: Geometry, points: readonly Combination[]): Geometry {
  const { anchors } = geometry;
  const count = points.length;
  const size = count + anchors.length;
  if (geometry.gram.length === 0) return { count, anchors, size, gram: geometry.gram };
  const rows = [...points, ...anchors.map((anchor) => unit(geometry, indexOfAnchor(geometry, anchor)))];
  const same = representatives(rows);
  const gram = innerProducts(geometry, rows, same);
  if (!hasClosePair(gram, size, count, same)) return { count, anchors, size, gram };
  const center = present(rows[mostCentral(gram, size, count)], 'central point');
  const differences = rows.map((row) => row.map((x, i) => x - center[i]!));
  return { count, anchors, size, gram: innerProducts(geometry, differences, same) };
}

/** For each combination the index of the first one that equals it. */
function representatives(rows: readonly Combination[]): number[] {
  return rows.map((row, i) => rows.findIndex((other, j) => j === i || row.every((x, k) => x === other[k])));
}

/**
 * Row-major inner products of vectors given by coefficients (differences of combinations: then they do not depend on the
 * geometry's reference). `same` may name an earlier vector that each one equals.
 */
export function innerProducts(
  geometry: Geometry,
  vectors: readonly Float64Array[],
  same: readonly number[] = vectors.map((_, i) => i),
): Float64Array {
  const size = vectors.length;
  const products = new Float64Array(size * size);
  for (let i = 0; i < size; i++) {
    if (same[i] !== i) continue;
    const product = timesGram(geometry, present(vectors[i], 'vector'));
    for (let j = 0; j <= i; j++) {
      products[i * size + j] = products[j * size + i] = dot(present(vectors[j], 'vector'), product);
    }
  }
  for (let i = 0; i < size; i++) {
    for (let j = 0; j < size; j++) {
      const [a, b] = [same[i]!, same[j]!];
      if (a !== i || b !== j) products[i * size + j] = products[a * size + b]!;
    }
  }
  return products;
}

function hasClosePair(gram: Float64Array, size: number, count: number, same: readonly number[]): boolean {
  for (let i = 1; i < count; i++) {
    for (let j = 0; j < i; j++) {
      const scale = gram[i * size + i]! + gram[j * size + j]!;
      if (same[i] !== same[j] && scale - 2 * gram[i * size + j]! < CLOSE_SHARE * scale) return true;
    }
  }
  return false;
}

/** Of the first `count` of `size` points the one whose distance to the nearest half of them is least. */
export function mostCentral(gram: Float64Array, size: number, count: number): number {
  const radii = Float64Array.from(
    { length: count },
    (_, i) =>
      Float64Array.from(
        { length: count },
        (_, j) => gram[i * size + i]! + gram[j * size + j]! - 2 * gram[i * size + j]!,
      ).sort()[count >> 1]!,
  );
  return leastIndex(radii);
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
