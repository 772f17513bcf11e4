/** Everything about one peer: how it stands, why it waits, what it sent over the rounds, its links, what was said of it. */
import { CELL_WORDS, type CellCode } from '../round-view.ts';
import type { RunView } from '../run-view.ts';
import { durationText, eventText, threeDigits } from '../sentences.ts';
import { h, table, textForm } from './dom.ts';

const [LAST_ROUNDS, LAST_WORDS] = [200, 20];

export function peerPanel(view: RunView, peer: number, onRound: (round: number) => void): Node[] {
  const rounds = view.rounds.flatMap((seen) =>
    seen?.contributions?.peers.includes(peer) ? [seen.round] : [],
  );
  const recent = rounds.slice(-LAST_ROUNDS);
  const rows = () =>
    recent.map((round) => {
      const list = view.rounds[round]?.contributions;
      const place = list?.peers.indexOf(peer) ?? -1;
      return [
        round,
        CELL_WORDS[view.cell(peer, round)],
        ...[list?.norm, list?.distance, list?.cosine].map((column) => threeDigits(column?.[place])),
      ];
    });
  const said = view.told.filter(
    ({ event }) => ('peer' in event && event.peer === peer) || ('from' in event && event.from === peer),
  );
  return [
    h('p', { class: 'id' }, view.peers[peer] ?? `peer ${peer}`),
    h('p', {}, standing(view, peer)),
    h('p', {}, whyItWaits(view, peer)),
    distances(view, peer, recent, onRound),
    textForm(() => ({
      caption: `Contributions of ${view.name(peer)}, the last ${recent.length}`,
      head: ['round', 'state', 'norm', 'distance', 'cosine'],
      rows: rows(),
    })),
    links(view, peer),
    h(
      'ul',
      { class: 'words' },
      ...said.slice(-LAST_WORDS).map(({ event }) => h('li', {}, eventText(view, event) ?? event.e)),
    ),
  ];
}

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

function links(view: RunView, peer: number): HTMLElement {
  const own = [...(view.links.get(peer) ?? [])];
  if (own.length === 0) return h('p', {}, 'No open connection of it is known here.');
  return h(
    'details',
    {},
    h('summary', {}, `${own.length} open connections`),
    table({
      caption: 'Open connections',
      head: ['peer', 'round trip', 'way'],
      rows: own.map(([other, { ms, relayed }]) => [
        view.name(other),
        ms === null ? 'not measured' : `${threeDigits(ms)} ms`,
        relayed ? 'by a relay' : 'direct',
      ]),
    }),
  );
}

/** Distances to the aggregate over rounds, a bar each; those that were cut are marked. */
function distances(
  view: RunView,
  peer: number,
  rounds: readonly number[],
  onRound: (round: number) => void,
): HTMLElement {
  const values = rounds.map((round) => {
    const list = view.rounds[round]?.contributions;
    return list?.distance?.[list.peers.indexOf(peer)] ?? 0;
  });
  const most = Math.max(...values, 1e-12);
  const bars = rounds.map((round, i) =>
    h('span', {
      class: `bar cell-${view.cell(peer, round)}`,
      style: `height:${Math.max(2, Math.round((60 * (values[i] ?? 0)) / most))}px`,
      title: `round ${round}: ${threeDigits(values[i])}`,
      click: () => onRound(round),
    }),
  );
  const label = `Distance to the aggregate over ${rounds.length} rounds, at most ${threeDigits(most)}`;
  return h(
    'figure',
    {},
    h('div', { class: 'bars', role: 'img', 'aria-label': label }, ...bars),
    h('figcaption', {}, label),
  );
}
