/** The matrix in words: its legend, and its text form with a letter a cell. */
import { CELL, CELL_WORDS, type CellCode } from '../round-view.ts';
import type { RunView } from '../run-view.ts';
import { h, type TableText } from './dom.ts';
import { currentPalette } from './palette.ts';

const LETTERS: Readonly<Record<CellCode, string>> = {
  [CELL.notDrawn]: '·',
  [CELL.expected]: '?',
  [CELL.contributed]: 'c',
  [CELL.clipped]: 'k',
  [CELL.late]: 'l',
  [CELL.absent]: 'a',
  [CELL.trimmed]: 't',
  [CELL.invalid]: 'r',
  [CELL.excluded]: 'x',
};
const [LAST_ROUNDS, LEAST_NAME_PX] = [500, 11];

export function showLegend(place: HTMLElement): void {
  const draw = (): void => {
    const { cells } = currentPalette();
    const codes = Object.values(CELL);
    place.replaceChildren(
      ...codes.map((code) =>
        h(
          'li',
          {},
          h('span', {
            class: 'swatch',
            style: `background:rgb(${cells[code].join(',')})`,
            'aria-hidden': 'true',
          }),
          `${CELL_WORDS[code]} (${LETTERS[code]})`,
        ),
      ),
      h(
        'li',
        {},
        h('span', { class: 'swatch dot', 'aria-hidden': 'true' }, '■'),
        'served on the committee (capital)',
      ),
      h('li', {}, '✗ known to attack'),
    );
  };
  draw();
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', draw);
}

/** Names beside the rows, where a row is high enough to read one. */
export function showNames(place: HTMLElement, view: RunView, rowHeight: number): void {
  if (rowHeight < LEAST_NAME_PX) return place.replaceChildren();
  const style = `height:${rowHeight}px;line-height:${rowHeight}px`;
  const named = (peer: number) => `${view.name(peer)}${view.adversaries.has(peer) ? ' ✗' : ''}`;
  place.replaceChildren(...view.peers.map((_, peer) => h('li', { style }, named(peer))));
}

export function matrixTable(view: RunView): TableText {
  const first = Math.max(0, view.rounds.length - LAST_ROUNDS);
  return {
    caption: `Rounds ${first} to ${Math.max(0, view.newest)}, a letter each; capitals served on the committee`,
    head: ['peer', 'rounds'],
    rows: view.peers.map((_, peer) => [
      `${view.name(peer)}${view.adversaries.has(peer) ? ' (attacks)' : ''}`,
      view.rounds
        .slice(first)
        .map((_round, i) => {
          const letter = LETTERS[view.cell(peer, first + i)];
          return view.serves(peer, first + i) ? (letter === '·' ? 'S' : letter.toUpperCase()) : letter;
        })
        .join(''),
    ]),
  };
}
