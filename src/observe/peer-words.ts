/** How a peer stands and what it is waiting for, in sentences. */
import { CELL_WORDS, type CellCode } from './round-view.ts';
import type { RunView } from './run-view.ts';
import { durationText } from './sentences.ts';

/** How often it was what. */
export function standing(view: RunView, peer: number): string {
  const counts = new Map<CellCode, number>();
  let served = 0;
  for (let round = 0; round <= view.decided; round++) {
    const cell = view.cell(peer, round);
    counts.set(cell, (counts.get(cell) ?? 0) + 1);
    served += view.serves(peer, round) ? 1 : 0;
  }
  const parts = [...counts]
    .sort(([a], [b]) => b - a)
    .map(([cell, count]) => `${CELL_WORDS[cell]} in ${count}`);
  const attacks = view.adversaries.has(peer) ? ` It attacks (${view.run?.attack ?? 'known adversary'}).` : '';
  return `Of ${view.decided + 1} decided rounds: ${parts.join(', ') || 'none seen'}; served on ${served} committees.${attacks}`;
}

/** What a peer is doing or lacks in the round under way. */
export function whyItWaits(view: RunView, peer: number): string {
  const name = view.name(peer);
  const excluded = view.excludedSince.get(peer);
  if (excluded !== undefined) return `${name} has no seat since round ${excluded}.`;
  if (view.end !== undefined) return `The run has ${view.end.state}.`;
  const waiting = view.waiting.get(peer);
  if (waiting !== undefined) return `${name} has waited ${durationText(waiting.seconds)}: ${waiting.why}.`;
  const now = view.rounds[view.newest];
  if (now === undefined) return 'No round has begun.';
  const done = new Set(now.phases.filter((mark) => mark.peer === peer).map(({ phase }) => phase));
  const speaks = view.run?.source === 'simulation' || view.run?.self === peer;
  if (!speaks) return `What ${name} is doing is in its own log; here only what it sent is known.`;
  const asked = now.opened === undefined || now.opened.cohort === null || now.opened.cohort.includes(peer);
  if (now.decision !== undefined)
    return `${name} ${done.has('adopt') ? 'has applied' : 'is applying'} round ${now.round}.`;
  if (asked && !done.has('train')) return `${name} is computing its contribution to round ${now.round}.`;
  if (!view.serves(peer, now.round)) return `${name} waits for the committee of round ${now.round}.`;
  if (!done.has('collect')) return `${name} collects the contributions of round ${now.round}.`;
  if (!done.has('aggregate')) return `${name} aggregates the list of round ${now.round}.`;
  return `${name} has voted and waits for the votes of the others in round ${now.round}.`;
}
