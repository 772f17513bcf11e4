/**
 * Krum (Blanchard, El Mhamdi, Guerraoui, Stainer, NeurIPS 2017, section 4): the input whose n - f - 2 nearest others
 * are nearest, in the sum of squared distances. Multi-Krum: the mean of the n - f inputs of least score (the authors'
 * m = n - f). Needs n >= 2 f + 3. Below three inputs (f = 0) no other counts and the first input wins the tie.
 */
import { defineRule } from '../define-rule.ts';
import { distanceMatrix, meanOf, type Geometry } from '../geometry.ts';
import type { LinearResult } from '../linear-result.ts';
import { leastIndices } from '../order.ts';

export const krum = defineRule('krum', {
  source: 'Blanchard et al., NeurIPS 2017',
  needs: 'n >= 2f + 3',
  fault: (_spec, n, f) => tooFew(n, f),
  combine: (geometry, _spec, { f }) => best(geometry, f, 1),
});

export const multiKrum = defineRule('multi-krum', {
  source: 'Blanchard et al., NeurIPS 2017',
  needs: 'n >= 2f + 3',
  fault: (_spec, n, f) => tooFew(n, f),
  combine: (geometry, _spec, { f }) => best(geometry, f, geometry.count - f),
});

function tooFew(n: number, f: number): string | undefined {
  return f > 0 && !(n >= 2 * f + 3) ? 'n >= 2 f + 3' : undefined;
}

function best(geometry: Geometry, f: number, count: number): LinearResult {
  const all = Array.from({ length: geometry.count }, (_, i) => i);
  const scores = krumScores(distanceMatrix(geometry), geometry.count, all, f);
  const kept = leastIndices(scores, count);
  return {
    combination: meanOf(geometry, kept),
    selection: { measure: 'krum-score', kept, distances: scores },
  };
}

/** Krum's scores of some of n points among themselves: the sum of squared distances to the nearest |among| - f - 2. */
export function krumScores(
  distances: Float64Array,
  n: number,
  among: readonly number[],
  f: number,
): Float64Array {
  const neighbours = Math.max(0, among.length - f - 2);
  return Float64Array.from(among, (i) => {
    const others = Float64Array.from(
      among.filter((j) => j !== i),
      (j) => distances[i * n + j]!,
    ).sort();
    let score = 0;
    for (let k = 0; k < neighbours; k++) score += others[k]!;
    return score;
  });
}
