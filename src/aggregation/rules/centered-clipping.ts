/**
 * Centered clipping (Karimireddy, He, Jaggi, ICML 2021, algorithm 2): v <- v + mean((x_i - v) min(1, tau / |x_i - v|)).
 * v starts at the previous aggregate, or at zero where there is none.
 */
import { positive } from '../../foundation/schema.ts';
import { defineRule, iterations } from '../define-rule.ts';
import { indexOfAnchor, squaredDistancesTo, unit } from '../geometry.ts';

export const centeredClipping = defineRule('centered-clipping', {
  source: 'Karimireddy et al., ICML 2021',
  about: '`tau` (1), `iterations` (1; more need K)',
  settings: { tau: positive.default(1), iterations: iterations.default(1) },
  measures: ({ iterations }) => ({ level: iterations === 1 ? 'norms' : 'gram', anchors: ['start'] }),
  combine(geometry, { tau, iterations }) {
    const start = geometry.anchors.includes('previous') ? 'previous' : 'origin';
    let v = unit(geometry, indexOfAnchor(geometry, start));
    for (let t = 0; t < iterations; t++) {
      const scales = squaredDistancesTo(geometry, v).map((d2) => (d2 <= tau * tau ? 1 : tau / Math.sqrt(d2)));
      const stay = 1 - scales.reduce((sum, scale) => sum + scale, 0) / geometry.count;
      v = v.map((coefficient) => stay * coefficient);
      for (let i = 0; i < geometry.count; i++) v[i]! += scales[i]! / geometry.count;
    }
    return { combination: v };
  },
});
