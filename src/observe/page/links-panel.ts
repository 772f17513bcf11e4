/**
 * Who is connected with whom, and how well: a graph of up to 30 peers, a matrix of round-trip times of more. A direct
 * connection is a line, one by a relay is dotted, one that broke and is not back is a broken line of its own colour.
 */
import type { RunView } from '../run-view.ts';
import { clockText, threeDigits } from '../sentences.ts';
import { h, svg, type TableText } from './dom.ts';
import { currentPalette } from './palette.ts';

const [SIZE, MOST_DRAWN, TONES] = [420, 30, 4];

interface Pair {
  readonly a: number;
  readonly b: number;
  readonly state: 'direct' | 'relayed' | 'lost';
  readonly ms: number | null;
  /** Of a lost one: since when. */
  readonly at: number | undefined;
}

/** Each pair once; connected where one of the two says so. */
export function pairsOf(view: RunView): Pair[] {
  const pairs = new Map<string, Pair>();
  const key = (peer: number, other: number): string => `${Math.min(peer, other)} ${Math.max(peer, other)}`;
  const ends = (peer: number, other: number) => ({ a: Math.min(peer, other), b: Math.max(peer, other) });
  for (const [peer, others] of view.lostLinks) {
    for (const [other, at] of others)
      pairs.set(key(peer, other), { ...ends(peer, other), state: 'lost', ms: null, at });
  }
  for (const [peer, others] of view.links) {
    for (const [other, { ms, relayed }] of others) {
      const known = pairs.get(key(peer, other));
      const state = relayed ? 'relayed' : 'direct';
      pairs.set(key(peer, other), {
        ...ends(peer, other),
        state,
        ms: ms ?? known?.ms ?? null,
        at: undefined,
      });
    }
  }
  return [...pairs.values()].sort((one, two) => one.a - two.a || one.b - two.b);
}

/** The picture, and what its marks mean. */
export function linksPicture(view: RunView): Node[] {
  const pairs = pairsOf(view);
  const open = pairs.filter(({ state }) => state !== 'lost').length;
  const lost = pairs.length - open;
  const label = `${open} open connections among ${view.peers.length} peers${lost === 0 ? '' : `, ${lost} lost`}`;
  const most = Math.max(1, ...pairs.map(({ ms }) => ms ?? 0));
  const isGraph = view.peers.length <= MOST_DRAWN;
  const picture = isGraph ? graph(view, pairs, label, most) : matrix(view, pairs, label, most);
  return [
    h('p', {}, `${label}.${most > 1 ? ` The longest round trip takes ${threeDigits(most)} ms.` : ''}`),
    picture,
    legend(isGraph, most),
  ];
}

/** 0: not measured; 1 .. TONES: a quarter of the longest round trip each. */
function toneOf(ms: number | null, most: number): number {
  return ms === null ? 0 : 1 + Math.min(TONES - 1, Math.floor((TONES * ms) / most));
}

const DASHES: Readonly<Record<Pair['state'], string>> = { direct: '', relayed: '1 5', lost: '8 6' };

function graph(view: RunView, pairs: readonly Pair[], label: string, most: number): SVGElement {
  const { ink, grid, soft, lost } = currentPalette();
  const place = (peer: number, radius: number): [number, number] => {
    const angle = (2 * Math.PI * peer) / view.peers.length - Math.PI / 2;
    return [SIZE / 2 + radius * Math.cos(angle), SIZE / 2 + radius * Math.sin(angle)];
  };
  const picture = emptyPicture(label);
  for (const { a, b, state, ms, at } of pairs) {
    const [[x1, y1], [x2, y2]] = [place(a, SIZE / 2 - 50), place(b, SIZE / 2 - 50)];
    const how =
      at !== undefined ? `lost since ${clockText(at)}` : ms === null ? 'up' : `${threeDigits(ms)} ms`;
    const title = `${view.name(a)} – ${view.name(b)}: ${how}${state === 'relayed' ? ', by a relay' : ''}`;
    const look = {
      stroke: state === 'lost' ? lost : soft,
      'stroke-width': state === 'lost' ? 2 : 0.75 + 0.75 * Math.max(1, toneOf(ms, most)),
      'stroke-dasharray': DASHES[state],
      'stroke-linecap': state === 'relayed' ? 'round' : 'butt',
    };
    picture.append(svg('line', { x1, y1, x2, y2, ...look }, svg('title', {}, title)));
  }
  view.peers.forEach((_, peer) => {
    const [x, y] = place(peer, SIZE / 2 - 50);
    const [tx, ty] = place(peer, SIZE / 2 - 22);
    const connected = pairs.some(({ a, b, state }) => state !== 'lost' && (a === peer || b === peer));
    const text = `${view.name(peer)}${view.adversaries.has(peer) ? ' ✗' : ''}`;
    picture.append(
      svg('circle', {
        cx: x,
        cy: y,
        r: 6,
        fill: connected ? ink : 'none',
        stroke: connected ? grid : lost,
        'stroke-width': 2,
      }),
      svg('text', { x: tx, y: ty + 4, fill: ink, 'font-size': 12, 'text-anchor': 'middle' }, text),
    );
  });
  return picture;
}

function matrix(view: RunView, pairs: readonly Pair[], label: string, most: number): SVGElement {
  const { ink, grid, lost } = currentPalette();
  const size = SIZE / view.peers.length;
  const picture = emptyPicture(label);
  picture.append(svg('rect', { x: 0, y: 0, width: SIZE, height: SIZE, fill: 'none', stroke: grid }));
  // one path for each of a few tones: thousands of elements would be slow
  const paths = new Map<number | 'lost', string>();
  for (const { a, b, ms, state } of pairs) {
    const tone = state === 'lost' ? 'lost' : toneOf(ms, most);
    const cell = (x: number, y: number) =>
      `M${(x * size).toFixed(1)} ${(y * size).toFixed(1)}h${size.toFixed(2)}v${size.toFixed(2)}h-${size.toFixed(2)}z`;
    paths.set(tone, `${paths.get(tone) ?? ''}${cell(a, b)}${cell(b, a)}`);
  }
  for (const [tone, d] of paths) {
    const look = tone === 'lost' ? { fill: lost } : { fill: ink, 'fill-opacity': opacityOf(tone) };
    picture.append(svg('path', { d, ...look }));
  }
  return picture;
}

function opacityOf(tone: number): number {
  return 0.25 + 0.18 * tone;
}

function emptyPicture(label: string): SVGElement {
  const viewBox = `0 0 ${SIZE} ${SIZE}`;
  return svg('svg', { viewBox, role: 'img', 'aria-label': label, class: 'links' });
}

function legend(isGraph: boolean, most: number): HTMLElement {
  const { ink, soft, lost } = currentPalette();
  const sample = (stroke: string, dash: string, width: number) =>
    svg(
      'svg',
      { width: 30, height: 10, 'aria-hidden': 'true' },
      svg('line', { x1: 0, x2: 30, y1: 5, y2: 5, stroke, 'stroke-width': width, 'stroke-dasharray': dash }),
    );
  const swatch = (look: string) => h('span', { class: 'swatch', style: look, 'aria-hidden': 'true' });
  const quick = `up to ${threeDigits(most / TONES)} ms`;
  const entries: readonly (readonly [Node, string])[] = isGraph
    ? [
        [sample(soft, '', 1.5), `direct, ${quick}`],
        [sample(soft, '', 3.75), 'the thicker the slower'],
        [sample(soft, DASHES.relayed, 2), 'by a relay'],
        [sample(lost, DASHES.lost, 2), 'lost, not back yet'],
      ]
    : [
        [swatch(`background:${ink};opacity:${opacityOf(1)}`), quick],
        [swatch(`background:${ink};opacity:${opacityOf(TONES)}`), 'the stronger the slower'],
        [swatch(`background:${lost}`), 'lost, not back yet'],
      ];
  return h('ul', { class: 'legend' }, ...entries.map(([mark, text]) => h('li', {}, mark, ` ${text}`)));
}

export function linksTable(view: RunView): TableText {
  return {
    caption: 'Connections',
    head: ['peer', 'other', 'state', 'round trip in ms'],
    rows: pairsOf(view).map(({ a, b, state, ms, at }) => [
      view.name(a),
      view.name(b),
      at === undefined ? state : `lost since ${clockText(at)}`,
      at !== undefined ? '–' : ms === null ? 'not measured' : threeDigits(ms),
    ]),
  };
}
