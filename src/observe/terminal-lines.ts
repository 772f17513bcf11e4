/** A run in at most six lines of text: how far it is, how well it goes, who serves, who is cut or missing, what it costs. */
import { CELL } from './round-view.ts';
import type { RunView } from './run-view.ts';
import { bytesText, durationText, percentText, stateText, threeDigits } from './sentences.ts';
import { meanBytes, neededBytes } from './traffic.ts';

const [BAR, SPARK, MOST_NAMES] = [24, 24, 10];
const SPARKS = '▁▂▃▄▅▆▇█';

/** No line is longer than `width`: what does not fit is left out from the end of a line, never wrapped. */
export function terminalLines(view: RunView, width: number): string[] {
  const lines = [progress(view), quality(view), committee(view), missing(view), cost(view), matter(view)];
  return lines.flatMap((parts) => {
    const line = fitParts(parts, width);
    return line === '' ? [] : [line];
  });
}

/** One line for a log: `round 12/120 | loss 0.312 | ...`. */
export function plainLine(view: RunView): string {
  const round = view.decided;
  const seconds = view.secondsPerRound();
  const bytes = meanBytes(view, round);
  const accuracy = view.evaluations.at(-1)?.accuracy;
  return [
    `${round + 1}/${view.plannedRounds}`,
    ...(view.loss(round) === null ? [] : [`loss ${threeDigits(view.loss(round))}`]),
    ...(accuracy === undefined || accuracy === null ? [] : [`accuracy ${percentText(accuracy)}`]),
    ...(seconds === undefined ? [] : [`${threeDigits(seconds)} s/round`]),
    ...(bytes === undefined ? [] : [`${bytesText(bytes.sent)}/round`]),
    `committee ${(view.rounds[round]?.opened?.committee ?? []).map((peer) => view.name(peer)).join(' ')}`,
  ].join(' | ');
}

/** `share` in 0 .. 1. */
export function progressBar(share: number): string {
  const filled = Math.max(0, Math.min(BAR, Math.round(BAR * share)));
  return `${'█'.repeat(filled)}${'░'.repeat(BAR - filled)}`;
}

function progress(view: RunView): string[] {
  const decided = view.decided + 1;
  const planned = view.plannedRounds;
  if (planned === 0) return ['starting'];
  const seconds = view.secondsPerRound();
  return [
    `${progressBar(decided / planned)} round ${decided} of ${planned}`,
    ...(seconds === undefined || view.end !== undefined || decided >= planned
      ? []
      : [`${durationText(seconds * (planned - decided))} left`, `${threeDigits(seconds)} s a round`]),
  ];
}

function quality(view: RunView): string[] {
  const losses = view.rounds.flatMap((_, round) => view.loss(round) ?? []);
  const accuracies = view.evaluations.flatMap(({ accuracy }) => accuracy ?? []);
  return [
    ...(losses.length === 0 ? [] : [`loss ${threeDigits(losses.at(-1))} ${sparkline(losses)}`]),
    ...(accuracies.length === 0
      ? []
      : [`accuracy ${percentText(accuracies.at(-1))} ${sparkline(accuracies)}`]),
  ];
}

function committee(view: RunView): string[] {
  const members = view.rounds[view.newest]?.opened?.committee ?? [];
  return members.length === 0 ? [] : [`committee ${named(view, members)}`];
}

/** Of the newest decided round. */
function missing(view: RunView): string[] {
  const round = view.decided;
  const all = view.peers.map((_, peer) => peer);
  const having = (cell: number): number[] => all.filter((peer) => view.cell(peer, round) === cell);
  const groups: readonly (readonly [string, number[]])[] = [
    ['cut', having(CELL.trimmed)],
    ['clipped', having(CELL.clipped)],
    ['late', having(CELL.late)],
    ['absent', having(CELL.absent)],
    ['refused', having(CELL.invalid)],
    ['excluded', having(CELL.excluded)],
  ];
  return groups.flatMap(([word, peers]) => (peers.length === 0 ? [] : [`${word} ${named(view, peers)}`]));
}

function cost(view: RunView): string[] {
  const round = view.decided;
  const bytes = meanBytes(view, round);
  if (bytes === undefined) return [];
  const needed = neededBytes(view, round);
  const changes = view.rounds.reduce((sum, seen) => sum + (seen?.views.length ?? 0), 0);
  return [
    `received ${bytesText(bytes.received)} a peer and round${needed === undefined ? '' : ` (needed ${bytesText(needed)})`}`,
    ...(changes === 0 ? [] : [`${changes} late proposers`]),
  ];
}

function matter(view: RunView): string[] {
  return view.waiting.size === 0 ? [] : [stateText(view)];
}

function named(view: RunView, peers: readonly number[]): string {
  const more = peers.length - MOST_NAMES;
  return `${peers
    .slice(0, MOST_NAMES)
    .map((peer) => view.name(peer))
    .join(' ')}${more > 0 ? ` +${more}` : ''}`;
}

/** The last values as bars between the least and the greatest of them. */
export function sparkline(values: readonly number[]): string {
  const step = Math.max(1, Math.ceil(values.length / SPARK));
  const shown = values.filter((_, i) => (values.length - 1 - i) % step === 0);
  const [least, most] = [Math.min(...shown), Math.max(...shown)];
  const span = most - least;
  return shown.map((value) => SPARKS[span === 0 ? 0 : Math.round(((value - least) / span) * 7)]).join('');
}

/** As many parts as fit into a line, from the first on. */
export function fitParts(parts: readonly string[], width: number): string {
  let line = '';
  for (const part of parts) {
    const longer = line === '' ? part : `${line} · ${part}`;
    if (longer.length > width) break;
    line = longer;
  }
  return line === '' ? (parts[0] ?? '').slice(0, Math.max(0, width)) : line;
}
