/**
 * AssemblyScript. One segment of a Gram matrix, in the order of additions of ../gram-blocks.ts.
 *
 * A panel of columns is copied, less the reference, to rows of constant pitch: constant offsets need one pointer a
 * side, absent rows and columns become zeros, which change no sum, and memory is read in runs of 64 KiB, at twice the
 * rate of runs of a few KiB. Tiles of 2 x 4 rows then keep 8 sums and 6 operands in the 15 vector registers that V8
 * gives on x86-64; larger tiles spill.
 */

const LANE_BYTES: usize = 16;
const FOLD_COLUMNS: usize = 256;
const PANEL_COLUMNS: usize = 16384;
/** A panel's row and one cache line, so that rows do not fall on the same cache set. */
const PITCH: usize = PANEL_COLUMNS * 4 + 64;
const WIDE_PANEL_COLUMNS: usize = 512;
const TILE_SUMS_BYTES: usize = 8 * LANE_BYTES;
const SMALLEST_SQUARED_NORM: f64 = 2.5849394142282115e-26; // 2^-85
const LARGEST_SQUARED_NORM: f64 = 1.329227995784916e36; // 2^120

function roundUp(x: usize, multiple: usize): usize {
  return ((x + multiple - 1) / multiple) * multiple;
}

/** Bytes of scratch that one thread needs for n rows. */
export function gramScratchBytes(n: usize): usize {
  const rows = roundUp(n, 4);
  return rows * PITCH + sumsBytes(rows);
}

/** A tile for each pair of rows and each four rows that it meets on or below the diagonal. */
function sumsBytes(rows: usize): usize {
  const quads = rows / 4;
  return quads * (quads + 1) * TILE_SUMS_BYTES;
}

/**
 * Inner products of `columns` columns from `x`, n rows `stride` bytes apart, less `reference` unless that is 0.
 * Writes the lower triangle, row by row, to `out` as float64.
 */
export function gramSegment(
  x: usize,
  stride: usize,
  n: usize,
  columns: usize,
  reference: usize,
  scratch: usize,
  out: usize,
): void {
  const rows = roundUp(n, 4);
  const sums = scratch + rows * PITCH;
  memory.fill(sums, 0, sumsBytes(rows));
  memory.fill(scratch + n * PITCH, 0, (rows - n) * PITCH);
  for (let start: usize = 0; start < columns; start += PANEL_COLUMNS) {
    const width = min(PANEL_COLUMNS, columns - start);
    const offset = start * 4;
    const shift = reference ? reference + offset : 0;
    for (let i: usize = 0; i < n; i++) packRow(x + i * stride + offset, shift, width, scratch + i * PITCH);
    for (let at: usize = 0; at < width; at += FOLD_COLUMNS) {
      foldTiles(rows, roundUp(min(FOLD_COLUMNS, width - at), 4) * 4, scratch + at * 4, sums);
    }
  }
  writeTriangle(n, sums, out);
  if (!isSafe(x, stride, n, columns, reference, out)) {
    gramSegmentWide(x, stride, n, columns, reference, scratch, out);
  }
}

/** Copies one row of a panel, less the reference, and fills its last vector with zeros. */
function packRow(x: usize, reference: usize, width: usize, to: usize): void {
  const whole = (width & ~3) * 4;
  const lines = (width & ~15) * 4;
  let c: usize = 0;
  if (reference) {
    for (; c < lines; c += 4 * LANE_BYTES) {
      v128.store(to + c, f32x4.sub(v128.load(x + c), v128.load(reference + c)));
      v128.store(to + c, f32x4.sub(v128.load(x + c, 16), v128.load(reference + c, 16)), 16);
      v128.store(to + c, f32x4.sub(v128.load(x + c, 32), v128.load(reference + c, 32)), 32);
      v128.store(to + c, f32x4.sub(v128.load(x + c, 48), v128.load(reference + c, 48)), 48);
    }
    for (; c < whole; c += LANE_BYTES) {
      v128.store(to + c, f32x4.sub(v128.load(x + c), v128.load(reference + c)));
    }
  } else {
    memory.copy(to, x, whole);
  }
  if (width & 3) {
    v128.store(to + whole, f32x4.splat(0));
    for (c = whole; c < width * 4; c += 4) {
      store<f32>(to + c, load<f32>(x + c) - (reference ? load<f32>(reference + c) : 0));
    }
  }
}

/** All tiles of 2 x 4 rows that touch the lower triangle. */
function foldTiles(rows: usize, bytes: usize, packed: usize, sums: usize): void {
  let tile = sums;
  for (let j: usize = 0; j < rows; j += 4) {
    foldCorner(packed + j * PITCH, bytes, tile);
    tile += TILE_SUMS_BYTES;
    for (let i = j + 2; i < rows; i += 2) {
      foldTile(packed + i * PITCH, packed + j * PITCH, bytes, tile);
      tile += TILE_SUMS_BYTES;
    }
  }
}

function foldTile(a: usize, b: usize, bytes: usize, sums: usize): void {
  let s00 = f32x4.splat(0);
  let s01 = f32x4.splat(0);
  let s02 = f32x4.splat(0);
  let s03 = f32x4.splat(0);
  let s10 = f32x4.splat(0);
  let s11 = f32x4.splat(0);
  let s12 = f32x4.splat(0);
  let s13 = f32x4.splat(0);
  const end = a + bytes;
  while (a < end) {
    const a0 = v128.load(a);
    const a1 = v128.load(a, PITCH);
    const b0 = v128.load(b);
    const b1 = v128.load(b, PITCH);
    const b2 = v128.load(b, 2 * PITCH);
    const b3 = v128.load(b, 3 * PITCH);
    s00 = f32x4.add(s00, f32x4.mul(a0, b0));
    s01 = f32x4.add(s01, f32x4.mul(a0, b1));
    s02 = f32x4.add(s02, f32x4.mul(a0, b2));
    s03 = f32x4.add(s03, f32x4.mul(a0, b3));
    s10 = f32x4.add(s10, f32x4.mul(a1, b0));
    s11 = f32x4.add(s11, f32x4.mul(a1, b1));
    s12 = f32x4.add(s12, f32x4.mul(a1, b2));
    s13 = f32x4.add(s13, f32x4.mul(a1, b3));
    a += LANE_BYTES;
    b += LANE_BYTES;
  }
  addWidened(sums, s00);
  addWidened(sums + LANE_BYTES, s01);
  addWidened(sums + 2 * LANE_BYTES, s02);
  addWidened(sums + 3 * LANE_BYTES, s03);
  addWidened(sums + 4 * LANE_BYTES, s10);
  addWidened(sums + 5 * LANE_BYTES, s11);
  addWidened(sums + 6 * LANE_BYTES, s12);
  addWidened(sums + 7 * LANE_BYTES, s13);
}

/** The first tile of four columns of tiles: two rows with themselves. */
function foldCorner(a: usize, bytes: usize, sums: usize): void {
  let s00 = f32x4.splat(0);
  let s10 = f32x4.splat(0);
  let s11 = f32x4.splat(0);
  const end = a + bytes;
  while (a < end) {
    const a0 = v128.load(a);
    const a1 = v128.load(a, PITCH);
    s00 = f32x4.add(s00, f32x4.mul(a0, a0));
    s10 = f32x4.add(s10, f32x4.mul(a1, a0));
    s11 = f32x4.add(s11, f32x4.mul(a1, a1));
    a += LANE_BYTES;
  }
  addWidened(sums, s00);
  addWidened(sums + 4 * LANE_BYTES, s10);
  addWidened(sums + 5 * LANE_BYTES, s11);
}

function addWidened(sum: usize, lanes: v128): void {
  const high = v128.shuffle<f32>(lanes, lanes, 2, 3, 2, 3);
  const pair = f64x2.add(f64x2.promote_low_f32x4(lanes), f64x2.promote_low_f32x4(high));
  v128.store(sum, f64x2.add(v128.load(sum), pair));
}

/** Address of the two float64 sums of rows i and j, j <= i. */
function sumOf(rows: usize, sums: usize, i: usize, j: usize): usize {
  const quad = j / 4;
  const tilesBefore = quad * (rows / 2) - quad * (quad - 1); // rows / 2 - 2 q tiles for each quad q before
  const tile = tilesBefore + (i - quad * 4) / 2;
  return sums + tile * TILE_SUMS_BYTES + ((i & 1) * 4 + (j & 3)) * LANE_BYTES;
}

function writeTriangle(n: usize, sums: usize, out: usize): void {
  const rows = roundUp(n, 4);
  for (let i: usize = 0; i < n; i++) {
    for (let j: usize = 0; j <= i; j++) {
      const sum = sumOf(rows, sums, i, j);
      store<f64>(out, load<f64>(sum) + load<f64>(sum, 8));
      out += 8;
    }
  }
}

/** Whether no float32 product can have overflowed and none that counts can have vanished. */
function isSafe(x: usize, stride: usize, n: usize, columns: usize, reference: usize, out: usize): bool {
  let diagonal = out;
  for (let i: usize = 0; i < n; i++) {
    const squaredNorm = load<f64>(diagonal);
    if (squaredNorm == 0) {
      if (!isZero(x + i * stride, columns, reference)) return false;
    } else if (!(squaredNorm >= SMALLEST_SQUARED_NORM && squaredNorm <= LARGEST_SQUARED_NORM)) return false;
    diagonal += (i + 2) * 8;
  }
  return true;
}

function isZero(x: usize, columns: usize, reference: usize): bool {
  for (let c: usize = 0; c < columns * 4; c += 4) {
    if (load<f32>(x + c) != (reference ? load<f32>(reference + c) : 0)) return false;
  }
  return true;
}

/** The same segment with float64 products: slower, but no float32 input can overflow or vanish. */
function gramSegmentWide(
  x: usize,
  stride: usize,
  n: usize,
  columns: usize,
  reference: usize,
  scratch: usize,
  out: usize,
): void {
  const rows = roundUp(n, 4);
  const sums = scratch + rows * PITCH;
  memory.fill(sums, 0, sumsBytes(rows));
  for (let start: usize = 0; start < columns; start += WIDE_PANEL_COLUMNS) {
    const width = min(WIDE_PANEL_COLUMNS, columns - start);
    for (let i: usize = 0; i < n; i++) {
      const row = scratch + i * PITCH;
      if (width & 1) store<f64>(row + width * 8, 0);
      for (let c: usize = 0; c < width; c++) {
        const at = (start + c) * 4;
        const shift = reference ? <f64>load<f32>(reference + at) : 0;
        store<f64>(row + c * 8, <f64>load<f32>(x + i * stride + at) - shift);
      }
    }
    const bytes = roundUp(width, 2) * 8;
    for (let i: usize = 0; i < n; i++) {
      for (let j: usize = 0; j <= i; j++) {
        foldWide(scratch + i * PITCH, scratch + j * PITCH, bytes, sumOf(rows, sums, i, j));
      }
    }
  }
  writeTriangle(n, sums, out);
}

function foldWide(a: usize, b: usize, bytes: usize, sum: usize): void {
  let s = v128.load(sum);
  for (let c: usize = 0; c < bytes; c += LANE_BYTES) {
    s = f64x2.add(s, f64x2.mul(v128.load(a + c), v128.load(b + c)));
  }
  v128.store(sum, s);
}
