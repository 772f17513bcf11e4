/**
 * The mean of the inputs scaled to unit norm; an input of norm zero stays zero. A baseline for the Flag aggregator,
 * much of whose protection comes from this normalisation. It bounds the influence of an input, not the bias of many.
 */
import { defineRule, NO_BOUND } from '../define-rule.ts';
import { indexOfAnchor, squaredDistance, type Geometry } from '../geometry.ts';

export const normalizedMean = defineRule('normalized-mean', {
  source: "mean of the unit vectors, Flag's baseline",
  ...NO_BOUND,
  measures: () => ({ level: 'norms', anchors: ['origin'] }),
  combine(geometry) {
    const combination = new Float64Array(geometry.size);
    const norms = normsOf(geometry);
    let rest = 1;
    for (let i = 0; i < geometry.count; i++) {
      combination[i] = norms[i] === 0 ? 0 : 1 / (norms[i]! * geometry.count);
      rest -= combination[i]!;
    }
    combination[indexOfAnchor(geometry, 'origin')] = rest;
    return { combination };
  },
});

/** Euclidean norms of the points: their distances to the origin. */
export function normsOf(geometry: Geometry): Float64Array {
  const origin = indexOfAnchor(geometry, 'origin');
  return Float64Array.from({ length: geometry.count }, (_, i) =>
    Math.sqrt(squaredDistance(geometry, i, origin)),
  );
}
