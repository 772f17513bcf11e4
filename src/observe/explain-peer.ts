/** Why a peer is silent, slow or cut, in sentences, from what a run's log holds of it. */
import { CELL } from './round-view.ts';
import type { RunView } from './run-view.ts';
import { durationText, eventText, percentText, threeDigits } from './sentences.ts';
import { standing, whyItWaits } from './peer-words.ts';

const LAST_WORDS = 5;
const NOTABLY_SLOW = 1.5;

export function explainPeer(view: RunView, peer: number): string {
  const said = view.told.filter(({ event }) => 'peer' in event && event.peer === peer).slice(-LAST_WORDS);
  const lines = [
    `${view.peers[peer] ?? `peer ${peer}`}`,
    standing(view, peer),
    ...cut(view, peer),
    ...silent(view, peer),
    ...slow(view, peer),
    connections(view, peer),
    whyItWaits(view, peer),
    ...(said.length === 0 ? [] : ['The last that was told of it:']),
    ...said.map(({ event }) => `  ${eventText(view, event) ?? event.e}`),
  ];
  return `${lines.join('\n')}\n`;
}

/** The peer that is named by its id or the end of it; undefined where none or several are. */
export function findPeer(view: RunView, name: string): number | undefined {
  const found = view.peers.flatMap((id, peer) => (id.endsWith(name) ? [peer] : []));
  return found.length === 1 ? found[0] : undefined;
}

function cut(view: RunView, peer: number): string[] {
  const rounds = roundsOf(view).filter((round) => view.cell(peer, round) === CELL.trimmed);
  if (rounds.length === 0) return [];
  const far = middle(rounds.map((round) => view.remoteness(peer, round)));
  const cosine = middle(
    rounds.map((round) => {
      const list = view.rounds[round]?.contributions;
      return list?.cosine?.[list.peers.indexOf(peer)] ?? 0;
    }),
  );
  const direction = cosine < 0 ? 'against' : cosine < 0.3 ? 'aside of' : 'along';
  return [
    `It was left out in ${rounds.length} rounds, the last one ${rounds.at(-1)}: there its contribution lay ${threeDigits(far)} times as far ` +
      `from the aggregate as the middle one, and pointed ${direction} it (cosine ${threeDigits(cosine)}, both the middle of these rounds).`,
  ];
}

function silent(view: RunView, peer: number): string[] {
  const asked = roundsOf(view).filter((round) => view.cell(peer, round) !== CELL.notDrawn);
  const missed = asked.filter((round) => {
    const cell = view.cell(peer, round);
    return cell === CELL.absent || cell === CELL.late || cell === CELL.invalid;
  });
  if (missed.length === 0) return [];
  const late = missed.filter((round) => view.cell(peer, round) === CELL.late).length;
  const refused = missed.filter((round) => view.cell(peer, round) === CELL.invalid).length;
  const ways = [
    ...(late > 0 ? [`${late} came too late for the list`] : []),
    ...(refused > 0 ? [`${refused} were refused`] : []),
    ...(missed.length > late + refused ? [`of ${missed.length - late - refused} nothing was seen`] : []),
  ];
  return [
    `Asked ${asked.length} times, it is missing in ${missed.length} lists (${percentText(missed.length / asked.length)}), the last one ${missed.at(-1)}: ${ways.join(', ')}.`,
  ];
}

/** Its training beside everyone's, where the log knows of others'. */
function slow(view: RunView, peer: number): string[] {
  const own: number[] = [];
  const all: number[] = [];
  for (const seen of view.rounds) {
    for (const mark of seen?.phases ?? []) {
      if (mark.phase !== 'train') continue;
      all.push(mark.ms);
      if (mark.peer === peer) own.push(mark.ms);
    }
  }
  if (own.length === 0) return [];
  const [mine, everyone] = [middle(own), middle(all)];
  const alone = own.length === all.length;
  const verdict = alone ? '' : mine > NOTABLY_SLOW * everyone ? ': it is slow' : ': it is not slow';
  const beside = alone ? '' : `, the middle of all peers ${durationText(everyone / 1000)}${verdict}`;
  return [`Its contribution takes it ${durationText(mine / 1000)}${beside}.`];
}

function connections(view: RunView, peer: number): string {
  const open = view.links.get(peer)?.size;
  const from = [...view.links].filter(([other, links]) => other !== peer && links.has(peer)).length;
  if (open === undefined && from === 0) return 'No connection of it is known here.';
  return `It has ${open ?? from} open connections among ${view.peers.length - 1} others.`;
}

function roundsOf(view: RunView): number[] {
  return view.rounds.flatMap((seen) => (seen?.contributions === undefined ? [] : [seen.round]));
}

function middle(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0;
}
