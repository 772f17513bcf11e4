/**
 * The matrix of peers and rounds on a canvas: one cell each, or the most telling of several rounds where there are more
 * than fit; a dot where the peer served on the committee. Drawn as pixels, so its cost is the canvas and not the run.
 */
import { CELL, type CellCode } from '../round-view.ts';
import type { RunView } from '../run-view.ts';
import { currentPalette, toneOf, type Palette, type Rgb } from './palette.ts';

export interface MatrixLayout {
  readonly first: number;
  readonly columns: number;
  readonly roundsPerColumn: number;
  readonly cellWidth: number;
  readonly rowHeight: number;
}

const [MOST_ROW_PX, MOST_HEIGHT_PX, MOST_CELL_PX, LEAST_DOT_PX] = [20, 640, 20, 4];

/** All rounds in the width, as wide as they may be. Sizes are whole device pixels, so that nothing blurs. */
export function layoutMatrix(view: RunView, width: number): MatrixLayout {
  const rounds = Math.max(1, view.rounds.length);
  const first = view.rounds.findIndex((round) => round !== undefined);
  const shown = Math.max(1, rounds - Math.max(0, first));
  const roundsPerColumn = Math.ceil(shown / width);
  const columns = Math.ceil(shown / roundsPerColumn);
  const cellWidth = Math.max(1, Math.min(MOST_CELL_PX, Math.floor(width / columns)));
  const peers = Math.max(1, view.peers.length);
  const rowHeight = Math.max(2, Math.min(MOST_ROW_PX, Math.floor(MOST_HEIGHT_PX / peers)));
  return { first: Math.max(0, first), columns, roundsPerColumn, cellWidth, rowHeight };
}

/** The round and peer under a point of the canvas. */
export function cellAt(
  view: RunView,
  layout: MatrixLayout,
  x: number,
  y: number,
): { readonly peer: number; readonly round: number } | undefined {
  const column = Math.floor(x / layout.cellWidth);
  const peer = Math.floor(y / layout.rowHeight);
  const round = layout.first + column * layout.roundsPerColumn;
  const inside = column >= 0 && column < layout.columns && peer >= 0 && peer < view.peers.length;
  return inside && round < view.rounds.length ? { peer, round } : undefined;
}

export function drawMatrix(
  canvas: HTMLCanvasElement,
  view: RunView,
  layout: MatrixLayout,
  selected: { readonly peer: number | undefined; readonly round: number | undefined },
): void {
  const palette = currentPalette();
  const { columns, cellWidth, rowHeight } = layout;
  const [width, height] = [columns * cellWidth, view.peers.length * rowHeight];
  if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
  const context = canvas.getContext('2d');
  if (context === null || width === 0 || height === 0) return;
  const image = context.createImageData(width, height);
  const pixels = new Uint32Array(image.data.buffer);
  pixels.fill(pack(palette.ground));
  const gap = cellWidth >= 3 ? 1 : 0;
  const rowGap = rowHeight >= 4 ? 1 : 0;
  for (let column = 0; column < columns; column++) {
    for (let peer = 0; peer < view.peers.length; peer++) {
      const { color, serves } = look(view, palette, layout, peer, column);
      const x = column * cellWidth;
      const y = peer * rowHeight;
      fill(pixels, width, x, y, cellWidth - gap, rowHeight - rowGap, pack(color));
      if (serves) mark(pixels, width, x, y, cellWidth - gap, rowHeight - rowGap, pack(palette.dot));
    }
  }
  context.putImageData(image, 0, 0);
  context.strokeStyle = palette.ink;
  context.lineWidth = 2;
  if (selected.round !== undefined) {
    const column = Math.floor((selected.round - layout.first) / layout.roundsPerColumn);
    context.strokeRect(column * cellWidth, 1, Math.max(3, cellWidth), height - 2);
  }
  if (selected.peer !== undefined) context.strokeRect(1, selected.peer * rowHeight, width - 2, rowHeight);
}

/** The most telling cell of a column, and whether the peer served in most of its rounds. */
function look(
  view: RunView,
  palette: Palette,
  { first, roundsPerColumn }: MatrixLayout,
  peer: number,
  column: number,
): { readonly color: Rgb; readonly serves: boolean } {
  let [worst, remoteness, served, rounds]: [CellCode, number, number, number] = [CELL.notDrawn, 1, 0, 0];
  const from = first + column * roundsPerColumn;
  for (let round = from; round < from + roundsPerColumn && round < view.rounds.length; round++) {
    const cell = view.cell(peer, round);
    if (cell === CELL.trimmed) remoteness = Math.max(remoteness, view.remoteness(peer, round));
    worst = cell > worst ? cell : worst;
    served += view.serves(peer, round) ? 1 : 0;
    rounds += 1;
  }
  return { color: toneOf(palette, worst, remoteness), serves: rounds > 0 && 2 * served > rounds };
}

function pack([r, g, b]: Rgb): number {
  return ((255 << 24) | (b << 16) | (g << 8) | r) >>> 0;
}

function fill(
  pixels: Uint32Array,
  stride: number,
  x: number,
  y: number,
  width: number,
  height: number,
  color: number,
): void {
  for (let row = y; row < y + height; row++) pixels.fill(color, row * stride + x, row * stride + x + width);
}

/** A dot in the middle where there is room, else the cell's lower edge. */
function mark(
  pixels: Uint32Array,
  stride: number,
  x: number,
  y: number,
  width: number,
  height: number,
  color: number,
): void {
  if (width < LEAST_DOT_PX || height < LEAST_DOT_PX) {
    fill(pixels, stride, x, y + Math.floor(height / 2), width, 1, color);
    return;
  }
  const size = Math.max(2, Math.min(5, Math.floor(Math.min(width, height) / 2.5)));
  fill(pixels, stride, x + ((width - size) >> 1), y + ((height - size) >> 1), size, size, color);
}
