/**
 * How long the steps of a view are waited for. Each grows with the view, so that there is a view in
 * which even a slow network is in time (Tendermint, arXiv 1807.04938, section III-B). The figures are the experiment's.
 */
import type { ProtocolConfig, Timing } from '../config.ts';

type Step = 'propose' | 'prevote' | 'precommit';

/** timeoutPropose and timeoutPrevote of a view, and what its precommits are waited for, in milliseconds. */
export function timeoutMs(timing: Timing, step: Step, view: number): number {
  const first = { propose: timing.proposeMs, prevote: timing.prevoteMs, precommit: timing.precommitMs }[step];
  return first + view * timing.growthMs;
}

/** What the wait for further precommits grows by, as a share of what the steps grow by. */
const LEAVING_GROWTH_SHARE = 1 / 4;

/**
 * How long a member stays in a view after a quorum's precommits, in milliseconds: line 47's timeoutPrecommit, which grows
 * by less than the others here. All begin it at the same moment and enter the next view apart by what their clocks make
 * of it; a proposer that enters last has to be in time for whoever entered first. With equal growth it never is where one
 * timer takes more than twice as long as another (found by simulation); like this it is where one takes up to five times
 * as long.
 */
export function leavingMs(timing: Timing, view: number): number {
  return timing.precommitMs + view * LEAVING_GROWTH_SHARE * timing.growthMs;
}

/** How long an attempt may take before it is abandoned: its collection and all of its views. */
export function attemptMs({ timing, maxViews }: Pick<ProtocolConfig, 'timing' | 'maxViews'>): number {
  let sum = timing.collectMs;
  for (let view = 0; view < maxViews; view++) {
    for (const step of ['propose', 'prevote', 'precommit'] as const) sum += timeoutMs(timing, step, view);
  }
  return sum;
}
