/** An Application that tells what passes through it, and is otherwise the one inside. */
import type { Application } from '../../learning/application.ts';
import type { ContributionMeasure } from '../../round/contribution-measures.ts';

export interface ApplicationWatch {
  trained(round: number, loss: number): void;
  refused(round: number, worker: string, fault: string): void;
  aggregated(round: number, stateDigest: string, measures: readonly ContributionMeasure[]): void;
}

export function observedApplication(inner: Application, watch: ApplicationWatch): Application {
  return {
    maxContributionBytes: inner.maxContributionBytes,
    maxUpdateBytes: inner.maxUpdateBytes,
    stateByteLength: inner.stateByteLength,
    get stateDigest() {
      return inner.stateDigest;
    },
    async train(context, signal) {
      const body = await inner.train(context, signal);
      if (inner.trainingLoss !== undefined) watch.trained(context.round, inner.trainingLoss);
      return body;
    },
    async check(context, contribution) {
      const fault = await inner.check(context, contribution);
      if (fault !== undefined) watch.refused(context.round, contribution.worker, fault);
      return fault;
    },
    async aggregate(context, contributions) {
      const result = await inner.aggregate(context, contributions);
      if (result.measures !== undefined) {
        watch.aggregated(context.round, result.stateDigest, result.measures);
      }
      return result;
    },
    overhear: async (context, heard) => inner.overhear?.(context, heard),
    apply: (context, update) => inner.apply(context, update),
    stepBack: () => inner.stepBack(),
    checkpoint: () => inner.checkpoint(),
    restore: (bytes) => inner.restore(bytes),
  };
}
