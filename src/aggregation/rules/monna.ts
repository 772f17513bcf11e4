/**
 * MoNNA's nearest-neighbour averaging (Farhadkhani, Guerraoui, Gupta, Hoang, Pinot, Stephan, ICML 2023, section 3): the
 * mean of the n - f inputs nearest to one's own, which is itself among them. Peers with different inputs of their own
 * get different aggregates, so it does not suit an agreed update.
 */
import { integer } from '../../foundation/schema.ts';
import { defineRule, majorityFault } from '../define-rule.ts';
import { meanOf, squaredDistance } from '../geometry.ts';
import { leastIndices } from '../order.ts';

export const monna = defineRule('monna', {
  source: 'Farhadkhani et al., ICML 2023',
  about: '`own` (0)',
  settings: {
    /** The index of one's own input, unless the caller of `aggregate` names it. */
    own: integer(0).default(0),
  },
  usesOwn: true,
  fault: ({ own }, n, f) => (own < n ? majorityFault(n, f) : `own = ${own} to be one of the inputs`),
  combine(geometry, spec, { f, own }) {
    const center = own ?? spec.own;
    const squared = Float64Array.from({ length: geometry.count }, (_, i) =>
      squaredDistance(geometry, i, center),
    );
    const kept = leastIndices(squared, geometry.count - f);
    return {
      combination: meanOf(geometry, kept),
      selection: { measure: 'to-own', kept, distances: squared.map(Math.sqrt) },
    };
  },
});
