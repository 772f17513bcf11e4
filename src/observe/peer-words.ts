/** How a peer stands and what it is waiting for, in sentences. */
import { counted, listed } from './counted.ts';
import { CELL_WORDS, type CellCode, type RoundView } from './round-view.ts';
import type { RunView } from './run-view.ts';
import { durationText } from './sentences.ts';

/** How often it was what. */
export function standing(view: RunView, peer: number): string {
  const counts = new Map<CellCode, number>();
  let [served, signed, decided] = [0, 0, 0];
  for (const seen of view.rounds) {
    if (seen?.decision === undefined) continue;
    decided += 1;
    const cell = view.cell(peer, seen.round);
    counts.set(cell, (counts.get(cell) ?? 0) + 1);
    served += view.serves(peer, seen.round) ? 1 : 0;
    signed += seen.decision.signers.includes(peer) ? 1 : 0;
  }
  const parts = [...counts]
    .sort(([a], [b]) => b - a)
    .map(([cell, count]) => `${CELL_WORDS[cell]} in ${count}`);
  const service =
    served === 0
      ? 'it served on no committee'
      : `it served on ${counted(served, 'committee')}, and its signature stands under ${signed} of their certificates`;
  const attacks = view.adversaries.has(peer) ? ` It attacks (${view.run?.attack ?? 'known adversary'}).` : '';
  return `In ${counted(decided, 'decided round')}: ${parts.join(', ') || 'none seen'}; ${service}.${attacks}`;
}

/** What a peer is doing or lacks in the round under way. */
export function whyItWaits(view: RunView, peer: number): string {
  const name = view.name(peer);
  const excluded = view.excludedSince.get(peer);
  if (excluded !== undefined)
    return `${name} lost its seat for good in round ${excluded}${reasonText(view, peer)}.`;
  if (view.end !== undefined)
    return `The run has ${view.end.state === 'stopped' ? 'been stopped' : view.end.state}.`;
  const waiting = view.waiting.get(peer);
  if (waiting !== undefined) return `${name} has waited ${durationText(waiting.seconds)}: ${waiting.why}.`;
  const now = view.rounds[view.newest];
  if (now === undefined) return 'No round has begun.';
  const speaks = view.run?.source === 'simulation' || view.run?.self === peer;
  if (!speaks)
    return `What ${name} is doing now stands in its own log; this one knows only what came from it.`;
  return doing(view, peer, now);
}

function doing(view: RunView, peer: number, now: RoundView): string {
  const name = view.name(peer);
  const { round } = now;
  const has = (phase: string, who = peer): boolean =>
    now.phases.some((mark) => mark.peer === who && mark.phase === phase);
  if (now.decision !== undefined)
    return `${name} ${has('adopt') ? 'has applied' : 'is applying'} round ${round}.`;
  const asked = askedOf(view, now);
  if (asked.includes(peer) && !has('train'))
    return `${name} is computing its contribution to round ${round}.`;
  const members = now.opened?.committee ?? [];
  const untrained = asked.filter((other) => !has('train', other));
  const undecided = members.filter((other) => !has('aggregate', other));
  const isWhole = view.run?.source === 'simulation';
  const missing = !isWhole
    ? ''
    : untrained.length > 0
      ? `; not computed yet: ${named(view, untrained)}`
      : undecided.length > 0
        ? `; not voted yet: ${named(view, undecided)}`
        : '';
  if (!view.serves(peer, round))
    return `${name} waits for the committee of round ${round} to decide${missing}.`;
  if (!has('collect')) return `${name} collects the contributions of round ${round}${missing}.`;
  if (!has('aggregate')) return `${name} aggregates the list of round ${round}.`;
  return `${name} has voted and waits for the votes of the others in round ${round}${missing}.`;
}

function askedOf(view: RunView, { opened }: RoundView): readonly number[] {
  return opened?.cohort ?? view.peers.map((_, peer) => peer).filter((peer) => !view.excludedSince.has(peer));
}

function reasonText(view: RunView, peer: number): string {
  const told = view.told.find(({ event }) => event.e === 'conviction' && event.peer === peer)?.event;
  return told?.e === 'conviction' ? `: it signed two different ${told.about}s in round ${told.round}` : '';
}

const MOST_NAMED = 8;

function named(view: RunView, peers: readonly number[]): string {
  const names = peers.slice(0, MOST_NAMED).map((peer) => view.name(peer));
  const more = peers.length - names.length;
  return more > 0 ? `${names.join(', ')} and ${more} more` : listed(names);
}
