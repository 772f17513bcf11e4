/**
 * Nearest-neighbour mixing (Allouah, Farhadkhani, Guerraoui, Gupta, Pinot, Stephan, AISTATS 2023, section 4): each input
 * becomes the mean of the n - f inputs nearest to it, itself among them.
 */
import { definePreAggregator } from '../define-pre-aggregator.ts';
import { majorityFault } from '../define-rule.ts';
import { distanceMatrix, meanOf, type Combination, type Geometry } from '../geometry.ts';
import { leastIndices } from '../order.ts';

export const nnm = definePreAggregator('nnm', {
  source: 'Allouah et al., AISTATS 2023',
  does: 'each input becomes the mean of its n - f nearest, itself among them; needs n > 2f',
  mixes: true,
  measures: { level: 'gram' },
  fault: (_spec, n, f) => majorityFault(n, f),
  mix: (geometry, _spec, { f }) => nearestNeighborMixing(geometry, f),
});

function nearestNeighborMixing(geometry: Geometry, f: number): Combination[] {
  const { count } = geometry;
  const distances = distanceMatrix(geometry);
  return Array.from({ length: count }, (_, i) =>
    meanOf(geometry, leastIndices(distances.subarray(i * count, (i + 1) * count), count - f)),
  );
}
