/** In which rounds somebody who is known to attack contributed: shaded wherever curves over rounds are shown. */
import type { RunView } from './run-view.ts';

export interface Span {
  readonly first: number;
  /** Included. */
  readonly last: number;
}

function isAttacked(view: RunView, round: number): boolean {
  const list = view.rounds[round]?.contributions;
  return list !== undefined && list.peers.some((peer) => view.adversaries.has(peer));
}

/** Stretches of rounds that are attacked in at least one of the runs, in order. */
export function attackedSpans(...views: readonly RunView[]): Span[] {
  const spans: { first: number; last: number }[] = [];
  const attacked = views.filter((view) => view.adversaries.size > 0);
  const newest = Math.max(-1, ...attacked.map((view) => view.newest));
  for (let round = 0; round <= newest; round++) {
    if (!attacked.some((view) => isAttacked(view, round))) continue;
    const span = spans.at(-1);
    if (span?.last === round - 1) span.last = round;
    else spans.push({ first: round, last: round });
  }
  return spans;
}

/** What the shade means; empty where nobody is known to attack. */
export function attackedText(view: RunView): string {
  if (view.adversaries.size === 0) return '';
  const rounds = attackedSpans(view).reduce((sum, { first, last }) => sum + last - first + 1, 0);
  return `Shaded: rounds with a contribution of a known attacker (${rounds} of ${view.decided + 1}).`;
}
