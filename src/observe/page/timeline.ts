/** A round as a timeline: a row a peer, its phases as bars on one axis of time, the proposer marked. */
import { PHASES } from '../phases.ts';
import type { RunView } from '../run-view.ts';
import { durationText } from '../sentences.ts';
import { h, svg, type TableText } from './dom.ts';
import { currentPalette } from './palette.ts';

const [WIDTH, LABEL, TICKS] = [640, 118, 4];

export function timeline(view: RunView, round: number): SVGElement {
  const { phases: colors, ink, soft, grid } = currentPalette();
  const seen = view.rounds[round];
  const rows = rowsOf(view, round);
  const rowHeight = rows.length > 40 ? 2 : 18;
  const height = rows.length * rowHeight + 24;
  const start = seen?.startedAt ?? 0;
  const end = Math.max(start + 1, ...(seen?.phases ?? []).map((mark) => mark.end), seen?.decidedAt ?? 0);
  const x = (at: number): number =>
    LABEL + ((Math.max(start, at) - start) / (end - start)) * (WIDTH - LABEL - 8);
  const proposer = proposerOf(view, round);
  const picture = svg('svg', {
    viewBox: `0 0 ${WIDTH} ${height}`,
    role: 'img',
    'aria-label': `Phases of round ${round} by peer, over ${durationText((end - start) / 1000)}`,
    class: 'timeline',
  });
  for (let tick = 0; tick <= TICKS; tick++) {
    const at = start + ((end - start) * tick) / TICKS;
    const anchor = tick === 0 ? 'start' : tick === TICKS ? 'end' : 'middle';
    picture.append(
      svg('line', { x1: x(at), x2: x(at), y1: 0, y2: height - 20, stroke: grid }),
      svg(
        'text',
        { x: x(at), y: height - 6, fill: soft, 'text-anchor': anchor, 'font-size': 11 },
        durationText((at - start) / 1000),
      ),
    );
  }
  rows.forEach((peer, row) => {
    const y = row * rowHeight;
    if (rowHeight > 10) {
      const label = `${view.name(peer)}${peer === proposer ? ' ◆ proposer' : ''}`;
      picture.append(svg('text', { x: 0, y: y + 13, fill: ink, 'font-size': 12 }, label));
    } else if (peer === proposer) {
      picture.append(svg('text', { x: LABEL - 12, y: y + 6, fill: ink, 'font-size': 9 }, '◆'));
    }
    const marks = (seen?.phases ?? []).filter((mark) => mark.peer === peer);
    for (const { phase, end: to, ms } of marks) {
      const lane = phase === 'train' ? 0 : 1;
      const bar = svg(
        'rect',
        {
          x: x(to - ms),
          width: Math.max(1.5, x(to) - x(to - ms)),
          y: rowHeight > 10 ? y + 1 + lane * 7 : y,
          height: rowHeight > 10 ? 7 : rowHeight,
          fill: colors[phase],
        },
        svg('title', {}, `${view.name(peer)}: ${phase}, ${durationText(ms / 1000)}`),
      );
      picture.append(bar);
    }
  });
  return picture;
}

/** What the bars' colours mean. */
export function phaseLegend(): HTMLElement {
  const { phases } = currentPalette();
  const entries = PHASES.map((phase) =>
    h(
      'li',
      {},
      h('span', { class: 'swatch', style: `background:${phases[phase]}`, 'aria-hidden': 'true' }),
      phase,
    ),
  );
  return h('ul', { class: 'legend' }, ...entries);
}

/** Members first, in their order; then the others that told of a phase. */
function rowsOf(view: RunView, round: number): number[] {
  const seen = view.rounds[round];
  const members = seen?.opened?.committee ?? [];
  const others = new Set((seen?.phases ?? []).map(({ peer }) => peer));
  const told = members.filter((peer) => others.has(peer) || view.run?.source === 'simulation');
  return [...told, ...[...others].filter((peer) => !members.includes(peer)).sort((a, b) => a - b)];
}

export function proposerOf(view: RunView, round: number): number | undefined {
  const seen = view.rounds[round];
  const committee = seen?.opened?.committee;
  if (committee === undefined || committee.length === 0) return undefined;
  const turn = seen?.decision?.view ?? Math.max(0, ...(seen?.views ?? []).map((change) => change.view));
  return committee[turn % committee.length];
}

export function timelineTable(view: RunView, round: number): TableText {
  const seen = view.rounds[round];
  return {
    caption: `Phases of round ${round}: from, to, in milliseconds since it began`,
    head: ['peer', ...PHASES],
    rows: rowsOf(view, round).map((peer) => [
      view.name(peer),
      ...PHASES.map((phase) => {
        const mark = seen?.phases.find((candidate) => candidate.peer === peer && candidate.phase === phase);
        if (mark === undefined || seen === undefined) return '–';
        const to = Math.round(mark.end - seen.startedAt);
        return `${Math.max(0, to - mark.ms)} – ${to}`;
      }),
    ]),
  };
}
