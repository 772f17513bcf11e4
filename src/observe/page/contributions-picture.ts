/**
 * What came in a round, as a picture: norm to the right, distance to the aggregate upwards, a mark each. What the rule
 * left out is a cross, what it clipped a triangle. Both axes are logarithmic where an attacker lies far out.
 */
import { CELL, type CellCode } from '../round-view.ts';
import type { RunView } from '../run-view.ts';
import { cellText, threeDigits } from '../sentences.ts';
import { h, svg } from './dom.ts';
import { currentPalette } from './palette.ts';

const [WIDTH, HEIGHT, LEFT, BOTTOM, EDGE] = [640, 190, 60, 34, 12];
const [WIDE_SPAN, MOST_NAMES, NEAR_PX] = [20, 8, 16];

/** Nothing where nobody who writes here measured them. */
export function contributionsPicture(view: RunView, round: number): Node[] {
  const list = view.rounds[round]?.contributions;
  const marks = (list?.peers ?? []).flatMap((peer, place) => {
    const [norm, distance] = [list?.norm?.[place], list?.distance?.[place]];
    if (norm === null || norm === undefined || distance === null || distance === undefined) return [];
    return [{ peer, norm, distance, cell: view.cell(peer, round) }];
  });
  if (marks.length === 0) return [];
  const { ink, soft, grid, cells } = currentPalette();
  const x = axisOf(
    marks.map(({ norm }) => norm),
    LEFT,
    WIDTH - EDGE,
  );
  const y = axisOf(
    marks.map(({ distance }) => distance),
    HEIGHT - BOTTOM,
    EDGE,
  );
  const cut = marks.filter(({ cell }) => cell === CELL.trimmed || cell === CELL.clipped);
  const label = `Norm and distance to the aggregate of ${marks.length} contributions to round ${round}, ${cut.length} of them cut`;
  const picture = svg('svg', { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: 'img', 'aria-label': label });
  const words = { fill: soft, 'font-size': 11 };
  for (const [at, text] of x.ticks)
    picture.append(
      svg('line', { x1: at, x2: at, y1: EDGE, y2: HEIGHT - BOTTOM, stroke: grid }),
      svg('text', { ...words, x: at, y: HEIGHT - BOTTOM + 14, 'text-anchor': 'middle' }, text),
    );
  for (const [at, text] of y.ticks)
    picture.append(
      svg('line', { x1: LEFT, x2: WIDTH - EDGE, y1: at, y2: at, stroke: grid }),
      svg('text', { ...words, x: LEFT - 6, y: at + 4, 'text-anchor': 'end' }, text),
    );
  const middle = (EDGE + HEIGHT - BOTTOM) / 2;
  picture.append(
    svg('text', { ...words, x: (LEFT + WIDTH) / 2, y: HEIGHT - 4, 'text-anchor': 'middle' }, 'norm'),
    svg(
      'text',
      { ...words, x: 12, y: middle, transform: `rotate(-90 12 ${middle})`, 'text-anchor': 'middle' },
      'distance',
    ),
  );
  marks.forEach(({ peer, norm, distance, cell }) => {
    const [px, py] = [x.at(norm), y.at(distance)];
    const color = `rgb(${cells[cell].join(',')})`;
    picture.append(mark(cell, px, py, color, ink, svg('title', {}, cellText(view, peer, round))));
  });
  if (cut.length <= MOST_NAMES) {
    // attackers that send the same lie at one point: their names stand behind one another there
    const names = new Map<string, { readonly px: number; readonly py: number; readonly who: string[] }>();
    for (const { peer, norm, distance } of cut) {
      const [px, py] = [x.at(norm), y.at(distance)];
      const key = `${Math.round(px / NEAR_PX)} ${Math.round(py / NEAR_PX)}`;
      const known = names.get(key);
      if (known === undefined) names.set(key, { px, py, who: [view.name(peer)] });
      else known.who.push(view.name(peer));
    }
    for (const { px, py, who } of names.values()) {
      const isNearEdge = px > WIDTH / 2;
      const look = { fill: ink, 'font-size': 11, 'text-anchor': isNearEdge ? 'end' : 'start' };
      picture.append(svg('text', { ...look, x: px + (isNearEdge ? -9 : 9), y: py + 4 }, who.join(', ')));
    }
  }
  return [h('figure', {}, picture, h('figcaption', {}, `${label}: ✕ trimmed, △ clipped, ● contributed`))];
}

interface Axis {
  readonly at: (value: number) => number;
  readonly ticks: readonly (readonly [number, string])[];
}

function axisOf(values: readonly number[], from: number, to: number): Axis {
  const positive = values.filter((value) => value > 0);
  const [least, most] = [Math.min(...positive, 1e30), Math.max(...positive, 1e-12)];
  const isWide = positive.length > 0 && most / least > WIDE_SPAN;
  const [low, high] = isWide ? [Math.log(least / 1.3), Math.log(most * 1.3)] : [0, most * 1.1];
  const at = (value: number): number => {
    const place = isWide ? Math.log(Math.max(value, least / 1.3)) : value;
    return from + ((place - low) / (high - low)) * (to - from);
  };
  const ticks = [0.05, 0.5, 0.95].map((share): readonly [number, string] => {
    const place = low + share * (high - low);
    const value = Number((isWide ? Math.exp(place) : place).toPrecision(2));
    return [at(value), threeDigits(value)];
  });
  return { at, ticks };
}

function mark(
  cell: CellCode,
  x: number,
  y: number,
  color: string,
  ink: string,
  title: SVGElement,
): SVGElement {
  const [r, outline] = [4.5, { stroke: ink, 'stroke-width': 0.6 }];
  if (cell === CELL.trimmed) {
    const d = `M${x - r} ${y - r}L${x + r} ${y + r}M${x - r} ${y + r}L${x + r} ${y - r}`;
    return svg('path', { d, stroke: color, 'stroke-width': 2.5, fill: 'none' }, title);
  }
  if (cell === CELL.clipped)
    return svg('path', { d: `M${x} ${y - r}L${x + r} ${y + r}H${x - r}Z`, fill: color, ...outline }, title);
  return svg('circle', { cx: x, cy: y, r, fill: color, ...outline }, title);
}
