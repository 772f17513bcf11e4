/**
 * CAF, the covariance-bound agnostic filter (Allouah, Guerraoui, Stephan, ICML 2025, arXiv 2505.01874, algorithm 2):
 * weights fall along the direction of greatest variance until at most n - 2 f of them is left; the weighted mean of
 * least top eigenvalue is returned. The eigenpair is exact, from the centred Gram matrix. Departures: the greatest
 * projection is taken over inputs that still have weight, so that each step removes one of them and the loop ends at
 * once when the variance is zero; with f = 0 the mean is returned.
 */
import { defineRule, type RuleContext } from '../define-rule.ts';
import { gramAround, weightedMean, type Combination, type Geometry } from '../geometry.ts';

export const caf = defineRule('caf', {
  source: 'Allouah et al., ICML 2025',
  combine: (geometry, _spec, context) => ({ combination: filteredMean(geometry, context) }),
});

function filteredMean(geometry: Geometry, { f, linalg }: RuleContext): Combination {
  const n = geometry.count;
  const weights = new Float64Array(n).fill(1);
  let best: Combination = weightedMean(geometry, weights);
  let least = Infinity;
  for (let total = n; total > n - 2 * f; total = weights.reduce((sum, c) => sum + c, 0)) {
    const center = weightedMean(geometry, weights);
    const gram = gramAround(geometry, center);
    const roots = weights.map((c) => Math.sqrt(c / total));
    const { values, vectors } = linalg.eigenSymmetric(
      gram.map((value, k) => value * roots[Math.floor(k / n)]! * roots[k % n]!),
      n,
    );
    const top = values[n - 1]!;
    if (top < least) {
      least = top;
      best = center;
    }
    if (!(top > 0)) break;
    // the top eigenvector in R^d is sum_j roots_j u_j (x_j - center) / sqrt(top); its scale cancels in the ratio
    const coefficients = roots.map((root, j) => root * vectors[j * n + n - 1]!);
    const projections = weights.map((_, i) => {
      let projection = 0;
      for (let j = 0; j < n; j++) projection += gram[i * n + j]! * coefficients[j]!;
      return projection * projection;
    });
    const greatest = projections.reduce((most, tau, i) => (weights[i]! > 0 && tau > most ? tau : most), 0);
    if (!(greatest > 0)) break;
    for (let i = 0; i < n; i++) weights[i]! *= Math.max(0, 1 - projections[i]! / greatest);
  }
  return best;
}
