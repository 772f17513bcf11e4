/**
 * MoNNA's nearest-neighbour averaging (Farhadkhani, Guerraoui, Gupta, Hoang, Pinot, Stephan, ICML 2023, section 3): the
 * mean of the n - f inputs nearest to one's own, which is itself among them. Peers with different inputs of their own
 * get different aggregates, so it does not suit an agreed update.
 */
import { meanOf, squaredDistance } from '../geometry.ts';
import type { LinearRule } from '../linear-rule.ts';
import { leastIndices } from '../order.ts';
import type { LinearRuleSpec } from '../specs.ts';

export const monna: LinearRule<Extract<LinearRuleSpec, { name: 'monna' }>> = (geometry, spec, { f, own }) => {
  const center = own ?? spec.own;
  const squared = Float64Array.from({ length: geometry.count }, (_, i) =>
    squaredDistance(geometry, i, center),
  );
  const kept = leastIndices(squared, geometry.count - f);
  return {
    combination: meanOf(geometry, kept),
    selection: { measure: 'to-own', kept, distances: squared.map(Math.sqrt) },
  };
};
