/** Static clipping: an input of norm above c is scaled down to norm c. */
import { indexOfAnchor, scaledFrom, type Combination, type Geometry } from '../geometry.ts';
import { normsOf } from '../rules/normalized-mean.ts';

export function clip(geometry: Geometry, c: number): Combination[] {
  return clipNorms(geometry, normsOf(geometry), c);
}

export function clipNorms(geometry: Geometry, norms: Float64Array, c: number): Combination[] {
  const origin = indexOfAnchor(geometry, 'origin');
  return Array.from(norms, (norm, i) => scaledFrom(geometry, origin, i, norm <= c ? 1 : c / norm));
}
