/**
 * Convolution with 3 x 3 filters at stride 1 as Winograd's F(2 x 2, 3 x 3) (Lavin and Gray, arXiv 1509.09308, section
 * 4.1): of each 4 x 4 piece of the image 16 values per channel, multiplied by 16 of the filter, give 2 x 2 outputs; so
 * 16 products where the direct form has 36. Images are NHWC, channels a multiple of 4.
 */
import { gemm, gemmScratchBytes } from './gemm';

const POINTS: i32 = 16;
/** Pieces of the image that are transformed and multiplied at a time. */
const TILES_PER_BLOCK: i32 = 64;
/** Below, the filter's transform and packing cost more than they save (measured). */
const FEWEST_TILES: i32 = 128;
const FEWEST_CHANNELS: i32 = 16;
const MOST_FILTER_VALUES: i32 = 512 * 512;

export function winogradFits(size: i32, outHeight: i32, outWidth: i32, from: i32, to: i32): bool {
  const fewest = min(from, to);
  return (
    fewest >= FEWEST_CHANNELS &&
    ((from | to) & 3) == 0 &&
    from * to <= MOST_FILTER_VALUES &&
    size * ((outHeight + 1) >> 1) * ((outWidth + 1) >> 1) >= FEWEST_TILES
  );
}

export function winogradScratchBytes(from: i32, to: i32): i32 {
  if (from * to > MOST_FILTER_VALUES) return 0;
  const most = max(from, to);
  const points = from * to + TILES_PER_BLOCK * (from + to);
  return gemmScratchBytes() + 4 * (POINTS * points + most) + 512;
}

/**
 * y [size, outHeight, outWidth, to] of x [size, height, width, from], zeros around it from `pad` on. `filter` is
 * [3, 3, from, to]; `rotated`: [3, 3, to, from] instead, turned by half a circle, which is the input's gradient.
 */
export function winograd(
  size: i32,
  height: i32,
  width: i32,
  from: i32,
  outHeight: i32,
  outWidth: i32,
  to: i32,
  pad: i32,
  x: usize,
  filter: usize,
  rotated: bool,
  y: usize,
  scratch: usize,
): void {
  const temporary = (scratch + gemmScratchBytes() + 15) & ~15;
  const addresses = temporary + 16 * POINTS;
  const zeros = addresses + 8 * POINTS;
  const filters = (zeros + 4 * max(from, to) + 15) & ~15;
  const pieces = filters + 4 * POINTS * from * to;
  const products = pieces + 4 * POINTS * TILES_PER_BLOCK * from;
  memory.fill(zeros, 0, 4 * from);
  transformFilter(filter, rotated ? to : from, rotated ? from : to, rotated, filters);
  const across = (outWidth + 1) >> 1;
  const perImage = across * ((outHeight + 1) >> 1);
  const tiles = size * perImage;
  for (let first = 0; first < tiles; first += TILES_PER_BLOCK) {
    const count = min(TILES_PER_BLOCK, tiles - first);
    for (let t = 0; t < count; t++) {
      const tile = first + t;
      const image = x + 4 * (tile / perImage) * height * width * from;
      const top = 2 * ((tile % perImage) / across) - pad;
      const left = 2 * (tile % across) - pad;
      for (let i = 0; i < 4; i++) {
        for (let j = 0; j < 4; j++) {
          const inside = top + i >= 0 && top + i < height && left + j >= 0 && left + j < width;
          const at = inside ? image + 4 * ((top + i) * width + left + j) * from : zeros;
          store<usize>(addresses + sizeof<usize>() * (4 * i + j), at);
        }
      }
      transformPiece(addresses, temporary, from, pieces + 4 * t * from, 4 * TILES_PER_BLOCK * from);
    }
    for (let p = 0; p < POINTS; p++) {
      const a = pieces + 4 * p * TILES_PER_BLOCK * from;
      const b = filters + 4 * p * from * to;
      const c = products + 4 * p * TILES_PER_BLOCK * to;
      gemm(count, to, from, a, from, false, b, rotated ? from : to, rotated, c, to, false, scratch);
    }
    for (let t = 0; t < count; t++) {
      const tile = first + t;
      const line = 2 * ((tile % perImage) / across);
      const column = 2 * (tile % across);
      const out = y + 4 * (((tile / perImage) * outHeight + line) * outWidth + column) * to;
      const right = column + 1 < outWidth;
      const below = line + 1 < outHeight;
      gather(products + 4 * t * to, 4 * TILES_PER_BLOCK * to, temporary, to, out, 4 * outWidth * to, right, below);
    }
  }
}

/** G g G^T for every pair of channels, G = [1 0 0; 1/2 1/2 1/2; 1/2 -1/2 1/2; 0 0 1]; [16, rows, columns]. */
function transformFilter(filter: usize, rows: i32, columns: i32, rotated: bool, out: usize): void {
  const plane = 4 * rows * columns;
  const half = f32x4.splat(0.5);
  for (let at = 0; at < plane; at += 16) {
    // rows of the filter first: four of three values each
    for (let pass = 0; pass < 3; pass++) {
      const j = rotated ? 2 - pass : pass;
      const g0 = v128.load(filter + at + (rotated ? 6 + j : j) * plane);
      const g1 = v128.load(filter + at + (3 + j) * plane);
      const g2 = v128.load(filter + at + (rotated ? j : 6 + j) * plane);
      const sum = f32x4.mul(half, f32x4.add(g0, g2));
      const middle = f32x4.mul(half, g1);
      v128.store(out + at + pass * plane, g0);
      v128.store(out + at + (4 + pass) * plane, f32x4.add(sum, middle));
      v128.store(out + at + (8 + pass) * plane, f32x4.sub(sum, middle));
      v128.store(out + at + (12 + pass) * plane, g2);
    }
    for (let i = 0; i < 4; i++) {
      const line = out + at + 4 * i * plane;
      const g0 = v128.load(line);
      const g1 = v128.load(line + plane);
      const g2 = v128.load(line + 2 * plane);
      const sum = f32x4.mul(half, f32x4.add(g0, g2));
      const middle = f32x4.mul(half, g1);
      v128.store(line + plane, f32x4.add(sum, middle));
      v128.store(line + 2 * plane, f32x4.sub(sum, middle));
      v128.store(line + 3 * plane, g2);
    }
  }
}

/** B^T d B for every channel, B^T = [1 0 -1 0; 0 1 1 0; 0 -1 1 0; 0 1 0 -1]; the 16 points lie `step` bytes apart. */
function transformPiece(addresses: usize, temporary: usize, channels: i32, out: usize, step: i32): void {
  for (let at = 0; at < 4 * channels; at += 16) {
    for (let j = 0; j < 4; j++) {
      const column = addresses + sizeof<usize>() * j;
      const d0 = v128.load(load<usize>(column) + at);
      const d1 = v128.load(load<usize>(column + 4 * sizeof<usize>()) + at);
      const d2 = v128.load(load<usize>(column + 8 * sizeof<usize>()) + at);
      const d3 = v128.load(load<usize>(column + 12 * sizeof<usize>()) + at);
      const to = temporary + 16 * j;
      v128.store(to, f32x4.sub(d0, d2));
      v128.store(to, f32x4.add(d1, d2), 64);
      v128.store(to, f32x4.sub(d2, d1), 128);
      v128.store(to, f32x4.sub(d1, d3), 192);
    }
    for (let i = 0; i < 4; i++) {
      const row = temporary + 64 * i;
      const d0 = v128.load(row);
      const d1 = v128.load(row, 16);
      const d2 = v128.load(row, 32);
      const d3 = v128.load(row, 48);
      const to = out + at + 4 * i * step;
      v128.store(to, f32x4.sub(d0, d2));
      v128.store(to + step, f32x4.add(d1, d2));
      v128.store(to + 2 * step, f32x4.sub(d2, d1));
      v128.store(to + 3 * step, f32x4.sub(d1, d3));
    }
  }
}

/** A^T m A for every channel, A^T = [1 1 1 0; 0 1 -1 -1]: the outputs of a piece, those that lie within the image. */
function gather(
  products: usize,
  step: i32,
  temporary: usize,
  channels: i32,
  out: usize,
  line: i32,
  right: bool,
  below: bool,
): void {
  const lines: i32 = below ? 2 : 1;
  for (let at = 0; at < 4 * channels; at += 16) {
    for (let j = 0; j < 4; j++) {
      const column = products + at + j * step;
      const m0 = v128.load(column);
      const m1 = v128.load(column + 4 * step);
      const m2 = v128.load(column + 8 * step);
      const m3 = v128.load(column + 12 * step);
      v128.store(temporary + 16 * j, f32x4.add(f32x4.add(m0, m1), m2));
      v128.store(temporary + 16 * j, f32x4.sub(f32x4.sub(m1, m2), m3), 64);
    }
    for (let i = 0; i < lines; i++) {
      const row = temporary + 64 * i;
      const m0 = v128.load(row);
      const m1 = v128.load(row, 16);
      const m2 = v128.load(row, 32);
      const m3 = v128.load(row, 48);
      const to = out + at + i * line;
      v128.store(to, f32x4.add(f32x4.add(m0, m1), m2));
      if (right) v128.store(to + 4 * channels, f32x4.sub(f32x4.sub(m1, m2), m3));
    }
  }
}
