/**
 * How long the steps of a view are waited for. Each grows with the view by the same amount, so that there is a view in
 * which even a slow network is in time (Tendermint, arXiv 1807.04938, section III-B). The figures are the experiment's.
 */
import type { ProtocolConfig, Timing } from '../config.ts';

type Step = 'propose' | 'prevote' | 'precommit';

/** timeoutPropose, timeoutPrevote and timeoutPrecommit of a view, in milliseconds. */
export function timeoutMs(timing: Timing, step: Step, view: number): number {
  const first = { propose: timing.proposeMs, prevote: timing.prevoteMs, precommit: timing.precommitMs }[step];
  return first + view * timing.growthMs;
}

/** How long an attempt may take before it is abandoned: its collection and all of its views. */
export function attemptMs({ timing, maxViews }: Pick<ProtocolConfig, 'timing' | 'maxViews'>): number {
  let sum = timing.collectMs;
  for (let view = 0; view < maxViews; view++) {
    for (const step of ['propose', 'prevote', 'precommit'] as const) sum += timeoutMs(timing, step, view);
  }
  return sum;
}
