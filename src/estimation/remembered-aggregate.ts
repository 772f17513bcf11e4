/**
 * Keeps the last applied update as shared state, for rules that start there: centered clipping is history-aided
 * (Karimireddy, He, Jaggi, ICML 2021, algorithm 2: v begins at the previous round's aggregate; zero at first). Part of
 * the agreed state, so every peer starts at the same vector, a newcomer has it from the checkpoint, and a skipped round
 * keeps it. Assumes an estimator whose rounds all aggregate the same kind of vector: under clipped differences and
 * Byz-VR-MARINA-PP the inputs are differences from the previous direction, and zero already is that direction.
 */
import { sharedVector } from './agreed-state.ts';
import type { Estimator } from './estimator.ts';

const AGGREGATE = 'aggregate.previous';

export function rememberAggregate(inner: Estimator): Estimator {
  return {
    ...inner,
    initialState: (parameters) => {
      const state = inner.initialState(parameters);
      return { ...state, shared: { ...state.shared, [AGGREGATE]: new Float32Array(parameters.length) } };
    },
    plan: (agreed, context) => ({
      ...inner.plan(agreed, context),
      previous: sharedVector(agreed, AGGREGATE),
    }),
    step: (agreed, plan, update) => {
      const next = inner.step(agreed, plan, update);
      return { ...next, shared: { ...next.shared, [AGGREGATE]: update } };
    },
  };
}
