/** Static clipping: an input of norm above c is scaled down to norm c. */
import { positive } from '../../foundation/schema.ts';
import { definePreAggregator } from '../define-pre-aggregator.ts';
import { indexOfAnchor, scaledFrom, type Combination, type Geometry } from '../geometry.ts';
import { normsOf } from '../rules/normalized-mean.ts';

export const clip = definePreAggregator('clip', {
  source: '',
  does: 'scales an input down to norm c',
  about: '`c`',
  settings: { c: positive },
  mixes: false,
  measures: { level: 'norms', anchors: ['origin'] },
  mix: (geometry, { c }) => clipNorms(geometry, normsOf(geometry), c),
});

export function clipNorms(geometry: Geometry, norms: Float64Array, c: number): Combination[] {
  const origin = indexOfAnchor(geometry, 'origin');
  return Array.from(norms, (norm, i) => scaledFrom(geometry, origin, i, norm <= c ? 1 : c / norm));
}
