/** Who is connected with whom: a graph of up to 30 peers, a matrix of round-trip times of more. */
import type { RunView } from '../run-view.ts';
import { threeDigits } from '../sentences.ts';
import { svg, type TableText } from './dom.ts';
import { currentPalette } from './palette.ts';

const [SIZE, MOST_DRAWN] = [420, 30];

interface Pair {
  readonly a: number;
  readonly b: number;
  readonly ms: number | null;
}

export function pairsOf(view: RunView): Pair[] {
  const pairs = new Map<string, Pair>();
  for (const [peer, others] of view.links) {
    for (const [other, { ms }] of others) {
      const [a, b] = peer < other ? [peer, other] : [other, peer];
      const known = pairs.get(`${a} ${b}`);
      pairs.set(`${a} ${b}`, { a, b, ms: ms ?? known?.ms ?? null });
    }
  }
  return [...pairs.values()].sort((one, two) => one.a - two.a || one.b - two.b);
}

export function linksPicture(view: RunView): SVGElement {
  const pairs = pairsOf(view);
  const label = `${pairs.length} open connections among ${view.peers.length} peers`;
  return view.peers.length <= MOST_DRAWN ? graph(view, pairs, label) : matrix(view, pairs, label);
}

function graph(view: RunView, pairs: readonly Pair[], label: string): SVGElement {
  const { ink, grid, soft } = currentPalette();
  const place = (peer: number, radius: number): [number, number] => {
    const angle = (2 * Math.PI * peer) / view.peers.length - Math.PI / 2;
    return [SIZE / 2 + radius * Math.cos(angle), SIZE / 2 + radius * Math.sin(angle)];
  };
  const picture = svg('svg', {
    viewBox: `0 0 ${SIZE} ${SIZE}`,
    role: 'img',
    'aria-label': label,
    class: 'links',
  });
  for (const { a, b, ms } of pairs) {
    const [[x1, y1], [x2, y2]] = [place(a, SIZE / 2 - 50), place(b, SIZE / 2 - 50)];
    const title = `${view.name(a)} – ${view.name(b)}: ${ms === null ? 'up' : `${threeDigits(ms)} ms`}`;
    picture.append(
      svg('line', { x1, y1, x2, y2, stroke: soft, 'stroke-opacity': 0.6 }, svg('title', {}, title)),
    );
  }
  view.peers.forEach((_, peer) => {
    const [x, y] = place(peer, SIZE / 2 - 50);
    const [tx, ty] = place(peer, SIZE / 2 - 22);
    const fill = view.links.get(peer)?.size === 0 ? 'none' : ink;
    picture.append(
      svg('circle', {
        cx: x,
        cy: y,
        r: 6,
        fill,
        stroke: view.adversaries.has(peer) ? '#d55e00' : grid,
        'stroke-width': 2,
      }),
      svg('text', { x: tx, y: ty + 4, fill: ink, 'font-size': 12, 'text-anchor': 'middle' }, view.name(peer)),
    );
  });
  return picture;
}

function matrix(view: RunView, pairs: readonly Pair[], label: string): SVGElement {
  const { ink, grid } = currentPalette();
  const n = view.peers.length;
  const size = SIZE / n;
  const most = Math.max(1, ...pairs.map(({ ms }) => ms ?? 0));
  const picture = svg('svg', {
    viewBox: `0 0 ${SIZE} ${SIZE}`,
    role: 'img',
    'aria-label': label,
    class: 'links',
  });
  picture.append(svg('rect', { x: 0, y: 0, width: SIZE, height: SIZE, fill: 'none', stroke: grid }));
  // one path for each of a few tones: thousands of elements would be slow
  const paths = new Map<number, string>();
  for (const { a, b, ms } of pairs) {
    const tone = ms === null ? 0 : 1 + Math.min(3, Math.floor((4 * ms) / most));
    const cell = (x: number, y: number) =>
      `M${(x * size).toFixed(1)} ${(y * size).toFixed(1)}h${size.toFixed(2)}v${size.toFixed(2)}h-${size.toFixed(2)}z`;
    paths.set(tone, `${paths.get(tone) ?? ''}${cell(a, b)}${cell(b, a)}`);
  }
  for (const [tone, d] of paths)
    picture.append(svg('path', { d, fill: ink, 'fill-opacity': 0.25 + 0.15 * tone }));
  return picture;
}

export function linksTable(view: RunView): TableText {
  return {
    caption: 'Open connections',
    head: ['peer', 'other', 'round trip in ms'],
    rows: pairsOf(view).map(({ a, b, ms }) => [
      view.name(a),
      view.name(b),
      ms === null ? 'not measured' : threeDigits(ms),
    ]),
  };
}
