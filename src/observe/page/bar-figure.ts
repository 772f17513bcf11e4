/** Numbers over rounds, a bar each, in the tone of what the peer was in that round; what they may be compared with as a line. */
import { CELL_WORDS } from '../round-view.ts';
import type { RunView } from '../run-view.ts';
import { h, svg } from './dom.ts';
import { currentPalette } from './palette.ts';

export interface BarFigure {
  readonly what: string;
  readonly rounds: readonly number[];
  readonly values: readonly (number | null | undefined)[];
  readonly text: (value: number) => string;
  /** Drawn over the bars. */
  readonly line?: { readonly what: string; readonly values: readonly (number | undefined)[] };
}

const [WIDTH, HEIGHT, MOST_BAR] = [360, 72, 12];

export function barFigure(
  view: RunView,
  peer: number,
  { what, rounds, values, text, line }: BarFigure,
  onRound: (round: number) => void,
): HTMLElement {
  const { cells, ink } = currentPalette();
  const known = [...values, ...(line?.values ?? [])].flatMap((value) => value ?? []);
  if (known.length === 0) return h('figure', {}, h('figcaption', {}, `${what}: not known here`));
  const most = Math.max(...known, 1e-12);
  const step = Math.min(MOST_BAR, WIDTH / rounds.length);
  const y = (value: number): number => HEIGHT - Math.max(1, (HEIGHT * value) / most);
  const beside = line === undefined ? '' : `; the line: ${line.what}`;
  const label = `${what} over ${rounds.length} rounds, at most ${text(most)}${beside}`;
  const picture = svg('svg', {
    viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
    role: 'img',
    'aria-label': label,
    class: 'bars',
  });
  rounds.forEach((round, i) => {
    const value = values[i];
    if (value === null || value === undefined) return;
    const cell = view.cell(peer, round);
    picture.append(
      svg(
        'rect',
        {
          x: i * step,
          y: y(value),
          width: Math.max(0.5, step - (step > 3 ? 1 : 0)),
          height: HEIGHT - y(value),
          fill: `rgb(${cells[cell].join(',')})`,
          click: () => onRound(round),
        },
        svg('title', {}, `round ${round}, ${CELL_WORDS[cell]}: ${text(value)}`),
      ),
    );
  });
  const points = (line?.values ?? []).flatMap((value, i) =>
    value === undefined ? [] : [`${i * step},${y(value)} ${(i + 1) * step},${y(value)}`],
  );
  if (points.length > 0)
    picture.append(
      svg('polyline', { points: points.join(' '), fill: 'none', stroke: ink, 'stroke-dasharray': '4 2' }),
    );
  return h('figure', {}, picture, h('figcaption', {}, label));
}
