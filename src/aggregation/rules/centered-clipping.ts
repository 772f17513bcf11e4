/**
 * Centered clipping (Karimireddy, He, Jaggi, ICML 2021, algorithm 2): v <- v + mean((x_i - v) min(1, tau / |x_i - v|)).
 * v starts at the previous aggregate, or at zero where there is none.
 */
import { indexOfAnchor, squaredDistancesTo, unit } from '../geometry.ts';
import type { LinearRule } from '../linear-rule.ts';
import type { LinearRuleSpec } from '../specs.ts';

type Spec = Extract<LinearRuleSpec, { name: 'centered-clipping' }>;

export const centeredClipping: LinearRule<Spec> = (geometry, { tau, iterations }) => {
  const start = geometry.anchors.includes('previous') ? 'previous' : 'origin';
  let v = unit(geometry, indexOfAnchor(geometry, start));
  for (let t = 0; t < iterations; t++) {
    const scales = squaredDistancesTo(geometry, v).map((d2) => (d2 <= tau * tau ? 1 : tau / Math.sqrt(d2)));
    const stay = 1 - scales.reduce((sum, scale) => sum + scale, 0) / geometry.count;
    v = v.map((coefficient) => stay * coefficient);
    for (let i = 0; i < geometry.count; i++) v[i]! += scales[i]! / geometry.count;
  }
  return { combination: v };
};
