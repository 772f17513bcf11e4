/**
 * Nearest-neighbour mixing (Allouah, Farhadkhani, Guerraoui, Gupta, Pinot, Stephan, AISTATS 2023, section 4): each input
 * becomes the mean of the n - f inputs nearest to it, itself among them.
 */
import { distanceMatrix, meanOf, type Combination, type Geometry } from '../geometry.ts';
import { leastIndices } from '../order.ts';

export function nearestNeighborMixing(geometry: Geometry, f: number): Combination[] {
  const { count } = geometry;
  const distances = distanceMatrix(geometry);
  return Array.from({ length: count }, (_, i) =>
    meanOf(geometry, leastIndices(distances.subarray(i * count, (i + 1) * count), count - f)),
  );
}
