/** Everything about one peer: how it stands, why it waits, what it sent over the rounds, its links, what was said of it. */
import { CELL_WORDS } from '../round-view.ts';
import type { RunView } from '../run-view.ts';
import { eventText, threeDigits } from '../sentences.ts';
import { standing, whyItWaits } from '../peer-words.ts';
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
