/** Everything about one peer: how it stands, why it waits, what it sent over the rounds, its links, what was said of it. */
import { isOf, peerSentences } from '../explain-peer.ts';
import { CELL_WORDS } from '../round-view.ts';
import type { RunView } from '../run-view.ts';
import { bytesText, clockText, eventText, threeDigits } from '../sentences.ts';
import { neededBy } from '../traffic.ts';
import { barFigure } from './bar-figure.ts';
import { h, table, textForm } from './dom.ts';

const [LAST_ROUNDS, LAST_WORDS] = [200, 20];

export function peerPanel(view: RunView, peer: number, onRound: (round: number) => void): Node[] {
  return [
    h('p', { class: 'id' }, view.peers[peer] ?? `peer ${peer}`),
    ...peerSentences(view, peer, Date.now()).map((text) => h('p', {}, text)),
    h('p', {}, versionText(view, peer)),
    ...figures(view, peer, onRound),
    links(view, peer),
    lastWords(view, peer),
  ];
}

function figures(view: RunView, peer: number, onRound: (round: number) => void): Node[] {
  const listed = newest(view, (round) => view.rounds[round]?.contributions?.peers.includes(peer) === true);
  const counted = newest(view, (round) => view.rounds[round]?.bytes.has(peer) === true);
  const of = (column: 'norm' | 'distance' | 'cosine', round: number): number | null | undefined => {
    const list = view.rounds[round]?.contributions;
    return list?.[column]?.[list.peers.indexOf(peer)];
  };
  const bytesOf = (round: number): number | undefined => view.rounds[round]?.bytes.get(peer)?.wireReceived;
  const needed = counted.map((round) => neededBy(view, peer, round));
  const measured = (what: string, column: 'norm' | 'distance') => ({
    what,
    rounds: listed,
    values: listed.map((round) => of(column, round)),
    text: threeDigits,
  });
  const received = {
    ...{ what: 'Bytes received', rounds: counted, values: counted.map(bytesOf), text: bytesText },
    line: { what: 'needed', values: needed },
  };
  return [
    h(
      'div',
      { class: 'figures' },
      ...[measured('Norm', 'norm'), measured('Distance to the aggregate', 'distance'), received].map(
        (figure) => barFigure(view, peer, figure, onRound),
      ),
    ),
    textForm(() => ({
      caption: `Contributions of ${view.name(peer)}, the last ${listed.length}`,
      head: ['round', 'state', 'norm', 'distance', 'cosine'],
      rows: listed.map((round) => [
        round,
        CELL_WORDS[view.cell(peer, round)],
        ...[of('norm', round), of('distance', round), of('cosine', round)].map(threeDigits),
      ]),
    })),
    textForm(() => ({
      caption: `Bytes of ${view.name(peer)}, on the sockets, the last ${counted.length} rounds`,
      head: ['round', 'sent', 'received', 'needed (received)'],
      rows: counted.map((round, i) => {
        const bytes = view.rounds[round]?.bytes.get(peer);
        return [round, bytes?.wireSent ?? '–', bytes?.wireReceived ?? '–', needed[i] ?? '–'];
      }),
    })),
  ];
}

/** The newest rounds of which something holds, ascending. */
function newest(view: RunView, holds: (round: number) => boolean): number[] {
  const rounds: number[] = [];
  for (let round = view.newest; round >= 0 && rounds.length < LAST_ROUNDS; round--) {
    if (holds(round)) rounds.unshift(round);
  }
  return rounds;
}

function versionText({ run }: RunView, peer: number): string {
  if (run === undefined || (run.source === 'peer' && run.self !== peer))
    return 'Its version is written in its own log.';
  const { build, machine, backend } = run;
  return `It runs Synod ${build.synod} on Node.js ${build.node}, ${machine.system}; gradients by ${backend}.`;
}

function links(view: RunView, peer: number): HTMLElement {
  const own = [...(view.links.get(peer) ?? [])];
  const lost = [...(view.lostLinks.get(peer) ?? [])];
  if (own.length + lost.length === 0) return h('p', {}, 'Its own log knows its connections.');
  return h(
    'details',
    {},
    h('summary', {}, `${own.length} open connections${lost.length === 0 ? '' : `, ${lost.length} lost`}`),
    table({
      caption: 'Connections',
      head: ['peer', 'state', 'round trip', 'way'],
      rows: [
        ...own.map(([other, { ms, relayed }]) => [
          view.name(other),
          'up',
          ms === null ? 'not measured' : `${threeDigits(ms)} ms`,
          relayed ? 'by a relay' : 'direct',
        ]),
        ...lost.map(([other, at]) => [view.name(other), `down since ${clockText(at)}`, '–', '–']),
      ],
    }),
  );
}

function lastWords(view: RunView, peer: number): HTMLElement {
  const said = view.told.filter(({ event }) => isOf(event, peer)).slice(-LAST_WORDS);
  return h(
    'ul',
    { class: 'words' },
    ...said.map(({ at, event }) => h('li', {}, `${clockText(at)} ${eventText(view, event) ?? event.e}`)),
  );
}
