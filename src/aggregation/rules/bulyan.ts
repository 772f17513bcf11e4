/**
 * Bulyan over Krum (El Mhamdi, Guerraoui, Rouault, ICML 2018, section 4): theta = n - 2 f inputs are picked one after the
 * other by Krum among those left, then each coordinate is the mean of the theta - 2 f values nearest to the median of
 * the picked ones. Needs n >= 4 f + 3. Krum runs on the inputs left, so the last picks count f - 1 neighbours (none
 * where f is 0 or 1, and the first input left wins).
 */
import { defineRule } from '../define-rule.ts';
import { distanceMatrix, type Geometry } from '../geometry.ts';
import type { Selection } from '../linear-result.ts';
import { leastIndex } from '../order.ts';
import { krumScores } from './krum.ts';

export const bulyan = defineRule('bulyan', {
  source: 'El Mhamdi et al., ICML 2018',
  needs: 'n >= 4f + 3',
  fault: (_spec, n, f) => (f > 0 && !(n >= 4 * f + 3) ? 'n >= 4 f + 3' : undefined),
  pick: (geometry, _spec, { f }) => picks(geometry, f),
  columns: (_spec, { n, f }) => ({ kind: 'nearest-to-median', keep: n - 2 * f }),
});

function picks(geometry: Geometry, f: number): Selection {
  const n = geometry.count;
  const distances = distanceMatrix(geometry);
  let left = Array.from({ length: n }, (_, i) => i);
  const first = krumScores(distances, n, left, f);
  const kept: number[] = [];
  while (kept.length < n - 2 * f) {
    const pick = left[leastIndex(krumScores(distances, n, left, f))]!;
    kept.push(pick);
    left = left.filter((i) => i !== pick);
  }
  return { measure: 'krum-score', kept, distances: first };
}
