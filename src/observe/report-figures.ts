/** Figures of a report as SVG that needs no script: curves over rounds, and the matrix of peers and rounds. */
import { html, type Html } from './html-text.ts';
import type { Span } from './attacked-rounds.ts';
import { CELL, type CellCode } from './round-view.ts';
import type { RunView } from './run-view.ts';
import { bytesText } from './sentences.ts';

export interface Curve {
  readonly label: string;
  readonly points: readonly (readonly [x: number, y: number])[];
  readonly dashed?: boolean;
}

/** Told apart by the colour-blind (Okabe and Ito); further curves differ by their dashes. */
const COLORS = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9', '#000000'];
const DASHES = ['', '6 3', '2 3', '8 3 2 3'];
const [WIDTH, HEIGHT, LEFT, BOTTOM, TOP] = [760, 280, 80, 44, 10];

export function curves(
  title: string,
  unit: string,
  all: readonly Curve[],
  scale: 'percent' | 'plain' | 'bytes',
  shaded: readonly Span[] = [],
): Html {
  const points = all.flatMap((curve) => curve.points);
  if (points.length === 0) return html`<p>${title}: nothing was measured.</p>`;
  const xs = points.map(([x]) => x);
  const ys = points.map(([, y]) => y);
  const [x0, x1] = [Math.min(...xs), Math.max(Math.min(...xs) + 1, ...xs)];
  const [y0, y1] = scale === 'percent' ? [0, 1] : [Math.min(0, ...ys), Math.max(1e-9, ...ys)];
  const px = (x: number): number => LEFT + ((x - x0) / (x1 - x0)) * (WIDTH - LEFT - 10);
  const py = (y: number): number => TOP + (1 - (y - y0) / (y1 - y0)) * (HEIGHT - BOTTOM - TOP);
  const ticks = [0, 0.25, 0.5, 0.75, 1];
  const yText = (y: number): string => {
    if (scale === 'percent') return `${Math.round(100 * y)} %`;
    return scale === 'bytes' ? bytesText(y) : String(Number(y.toPrecision(3)));
  };
  return html`<figure>
    <svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${title}">
      ${shaded.map(({ first, last }) => {
        const [from, to] = [Math.max(x0, first - 0.5), Math.min(x1, last + 0.5)];
        if (to <= from) return '';
        return html`<rect
          class="attacked"
          x="${short(px(from))}"
          y="${TOP}"
          width="${short(Math.max(1, px(to) - px(from)))}"
          height="${HEIGHT - BOTTOM - TOP}"
          fill="#fbefe3"
        />`;
      })}
      ${ticks.map((share) => {
        const [x, y] = [x0 + share * (x1 - x0), y0 + share * (y1 - y0)];
        return html`<line
            x1="${LEFT}"
            x2="${WIDTH - 10}"
            y1="${short(py(y))}"
            y2="${short(py(y))}"
            stroke="#ddd"
          /><text x="${LEFT - 6}" y="${short(py(y) + 4)}" text-anchor="end">${yText(y)}</text
          ><text x="${short(px(x))}" y="${HEIGHT - BOTTOM + 18}" text-anchor="middle"
            >${Math.round(x)}</text
          >`;
      })}
      <text x="${(WIDTH + LEFT) / 2}" y="${HEIGHT - 6}" text-anchor="middle">round</text>
      <text x="14" y="${HEIGHT / 2}" transform="rotate(-90 14 ${HEIGHT / 2})" text-anchor="middle">
        ${unit}
      </text>
      ${all.map((curve, i) => {
        const d = curve.points
          .map(([x, y], at) => `${at === 0 ? 'M' : 'L'}${short(px(x))} ${short(py(y))}`)
          .join('');
        return html`<path
            d="${d}"
            fill="none"
            stroke="${colorOf(i)}"
            stroke-width="2"
            stroke-dasharray="${dashOf(curve, i)}"
          />${curve.points.length > 40 ? '' : curve.points.map(([x, y]) => html`<circle cx="${short(px(x))}" cy="${short(py(y))}" r="2.5" fill="${colorOf(i)}" />`)}`;
      })}
    </svg>
    <figcaption>
      ${title}
      <ul class="legend">
        ${all.map(
          (curve, i) =>
            html`<li>
              <svg width="26" height="8" aria-hidden="true">
                <line
                  x1="0"
                  x2="26"
                  y1="4"
                  y2="4"
                  stroke="${colorOf(i)}"
                  stroke-width="2"
                  stroke-dasharray="${dashOf(curve, i)}"
                />
              </svg>
              ${curve.label}
            </li>`,
        )}
      </ul>
    </figcaption>
  </figure>`;
}

function colorOf(i: number): string {
  return COLORS[i % COLORS.length] ?? '#000';
}

function dashOf(curve: Curve, i: number): string {
  if (curve.dashed === true) return '3 4';
  return DASHES[Math.floor(i / COLORS.length) % DASHES.length] ?? '';
}

function short(value: number): string {
  return String(Number(value.toFixed(1)));
}

const TONES: Readonly<Record<CellCode, string>> = {
  [CELL.notDrawn]: '#f4f5f7',
  [CELL.expected]: '#e2e7ee',
  [CELL.contributed]: '#b2c4d8',
  [CELL.clipped]: '#f0c846',
  [CELL.late]: '#009e73',
  [CELL.absent]: '#787880',
  [CELL.trimmed]: '#d55e00',
  [CELL.invalid]: '#a03c96',
  [CELL.excluded]: '#141418',
};
const MOST_COLUMNS = 380;

/** Peers by rounds; several rounds share a column where there are more than fit, and its most telling one is shown. */
export function matrix(view: RunView): Html {
  const rounds = view.decided + 1;
  const step = Math.max(1, Math.ceil(rounds / MOST_COLUMNS));
  const columns = Math.ceil(rounds / step);
  const width = 760 / Math.max(1, columns);
  const height = Math.max(2, Math.min(14, 420 / Math.max(1, view.peers.length)));
  const paths = new Map<CellCode, string>();
  let dots = '';
  for (let peer = 0; peer < view.peers.length; peer++) {
    for (let column = 0; column < columns; column++) {
      const [cell, serves] = lookAt(view, peer, column * step, step);
      const [x, y] = [column * width, peer * height];
      if (cell !== CELL.notDrawn) {
        paths.set(
          cell,
          `${paths.get(cell) ?? ''}M${short(x)} ${short(y)}h${short(width)}v${short(height)}h-${short(width)}z`,
        );
      }
      if (serves && step === 1 && width > 3)
        dots += `M${short(x + width / 2 - 1)} ${short(y + height / 2 - 1)}h2v2h-2z`;
    }
  }
  const label = `${view.peers.length} peers by ${rounds} rounds`;
  const shown = [...paths].map(([cell, d]) => html`<path d="${d}" fill="${TONES[cell]}" />`);
  return html`<figure>
    <svg
      viewBox="0 0 760 ${short(height * view.peers.length)}"
      role="img"
      aria-label="${label}"
      shape-rendering="crispEdges"
    >
      ${shown}
      <path d="${dots}" fill="#0a1428" />
    </svg>
    <figcaption>
      ${label}, first peer on
      top${step === 1 ? '; dots served on the committee' : `; ${step} rounds a column`}. Blue contributed,
      <b>orange trimmed</b>, yellow clipped, green late, grey absent, purple refused, black excluded.
    </figcaption>
  </figure>`;
}

function lookAt(view: RunView, peer: number, from: number, count: number): [CellCode, boolean] {
  let [worst, serves]: [CellCode, boolean] = [CELL.notDrawn, false];
  for (let round = from; round < from + count && round <= view.decided; round++) {
    const cell = view.cell(peer, round);
    if (cell > worst) worst = cell;
    serves ||= view.serves(peer, round);
  }
  return [worst, serves];
}
