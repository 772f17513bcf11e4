/**
 * AssemblyScript. One segment of rows that are zero but for a few entries, at a cost in proportion to the entries. Adding
 * a zero changes no sum that began at +0, so what is added here, in the order of ../gram-blocks.ts and ./sums.ts, gives
 * the bytes of the dense kernels.
 *
 * A table has twelve bytes for each row: address of its ascending column numbers (u32), address of their values (f32),
 * number of entries. Column numbers count from the vector's beginning, `first` is the segment's.
 */

const FOLD_COLUMNS: usize = 256;
const RECORD_BYTES: usize = 12;
const NODE_BYTES: usize = 16;
const SMALLEST_SQUARED_NORM: f64 = 2.5849394142282115e-26; // 2^-85
const LARGEST_SQUARED_NORM: f64 = 1.329227995784916e36; // 2^120

function indicesOf(table: usize, i: usize): usize {
  return load<u32>(table + i * RECORD_BYTES);
}

function valuesOf(table: usize, i: usize): usize {
  return load<u32>(table + i * RECORD_BYTES, 4);
}

function countOf(table: usize, i: usize): usize {
  return load<u32>(table + i * RECORD_BYTES, 8);
}

function pairOf(i: usize, j: usize): usize {
  return (i * (i + 1)) / 2 + j;
}

/** Bytes of scratch that one thread needs for the Gram matrix of n rows. */
export function sparseGramScratchBytes(n: usize): usize {
  const pairs = pairOf(n, 0);
  return FOLD_COLUMNS * 4 + n * FOLD_COLUMNS * NODE_BYTES + pairs * (16 + 16 + 4 + 4) + n * 4 + 64;
}

/**
 * The lower triangle of inner products, row by row, as float64 at `out`. False where a float32 product may have
 * overflowed or vanished: the segment is then to be computed by the dense kernel.
 *
 * Fold by fold each column's entries are chained; an entry meets those of earlier rows in its column. So a pair's lane
 * adds its products by ascending column.
 */
export function sparseGramSegment(
  table: usize,
  n: usize,
  first: usize,
  columns: usize,
  scratch: usize,
  out: usize,
): bool {
  const pairs = pairOf(n, 0);
  const lanes = scratch;
  const sums = lanes + pairs * 16;
  const heads = sums + pairs * 16;
  const nodes = heads + FOLD_COLUMNS * 4;
  const touched = nodes + n * FOLD_COLUMNS * NODE_BYTES;
  const isTouched = touched + pairs * 4;
  const cursors = isTouched + pairs * 4;
  memory.fill(lanes, 0, pairs * 32 + FOLD_COLUMNS * 4);
  memory.fill(isTouched, 0, pairs * 4 + n * 4);

  for (let fold: usize = 0; fold < columns; fold += FOLD_COLUMNS) {
    const start = first + fold;
    const end = start + FOLD_COLUMNS;
    let nodeCount: usize = 0;
    let touchedCount: usize = 0;
    for (let i: usize = 0; i < n; i++) {
      const indices = indicesOf(table, i);
      const values = valuesOf(table, i);
      const count = countOf(table, i);
      let k: usize = load<u32>(cursors + i * 4);
      for (; k < count; k++) {
        const index: usize = load<u32>(indices + k * 4);
        if (index >= end) break;
        const value = load<f32>(values + k * 4);
        const column = index - start;
        const lane = (column & 3) * 4;
        nodeCount++;
        const node = nodes + (nodeCount - 1) * NODE_BYTES;
        store<u32>(node, load<u32>(heads + column * 4));
        store<u32>(node, i as u32, 4);
        store<f32>(node, value, 8);
        store<u32>(node, column as u32, 12);
        store<u32>(heads + column * 4, nodeCount as u32);
        for (let at = nodeCount; at != 0; at = load<u32>(nodes + (at - 1) * NODE_BYTES)) {
          const met = nodes + (at - 1) * NODE_BYTES;
          const pair = pairOf(i, load<u32>(met, 4));
          const sum = lanes + pair * 16 + lane;
          store<f32>(sum, load<f32>(sum) + value * load<f32>(met, 8));
          if (load<u32>(isTouched + pair * 4) == 0) {
            store<u32>(isTouched + pair * 4, 1);
            store<u32>(touched + touchedCount * 4, pair as u32);
            touchedCount++;
          }
        }
      }
      store<u32>(cursors + i * 4, k as u32);
    }
    for (let t: usize = 0; t < touchedCount; t++) {
      const pair: usize = load<u32>(touched + t * 4);
      foldLanes(lanes + pair * 16, sums + pair * 16);
      store<u32>(isTouched + pair * 4, 0);
    }
    for (let at: usize = 0; at < nodeCount; at++) {
      store<u32>(heads + (load<u32>(nodes + at * NODE_BYTES, 12) as usize) * 4, 0);
    }
  }
  for (let pair: usize = 0; pair < pairs; pair++) {
    store<f64>(out + pair * 8, load<f64>(sums + pair * 16) + load<f64>(sums + pair * 16, 8));
  }
  return isSafe(table, n, out);
}

function foldLanes(lanes: usize, sum: usize): void {
  store<f64>(sum, load<f64>(sum) + (<f64>load<f32>(lanes) + <f64>load<f32>(lanes, 8)));
  store<f64>(sum, load<f64>(sum, 8) + (<f64>load<f32>(lanes, 4) + <f64>load<f32>(lanes, 12)), 8);
  v128.store(lanes, f32x4.splat(0));
}

function isSafe(table: usize, n: usize, out: usize): bool {
  for (let i: usize = 0; i < n; i++) {
    const squaredNorm = load<f64>(out + pairOf(i, i) * 8);
    if (squaredNorm == 0) {
      const values = valuesOf(table, i);
      for (let k: usize = 0; k < countOf(table, i); k++) if (load<f32>(values + k * 4) != 0) return false;
    } else if (!(squaredNorm >= SMALLEST_SQUARED_NORM && squaredNorm <= LARGEST_SQUARED_NORM)) return false;
  }
  return true;
}

/** out = sum_i coefficients[i] x_i in float64, rounded once; `sums` has room for `columns` float64. */
export function sparseSumSegment(
  table: usize,
  n: usize,
  first: usize,
  columns: usize,
  coefficients: usize,
  sums: usize,
  out: usize,
): void {
  memory.fill(sums, 0, ((columns + 3) & ~3) * 8);
  for (let i: usize = 0; i < n; i++) {
    const indices = indicesOf(table, i);
    const values = valuesOf(table, i);
    const coefficient = load<f64>(coefficients + i * 8);
    for (let k: usize = 0; k < countOf(table, i); k++) {
      const sum = sums + ((load<u32>(indices + k * 4) as usize) - first) * 8;
      store<f64>(sum, load<f64>(sum) + coefficient * <f64>load<f32>(values + k * 4));
    }
  }
  for (let c: usize = 0; c < columns; c += 4) {
    const low = f32x4.demote_f64x2_zero(v128.load(sums + c * 8));
    const high = f32x4.demote_f64x2_zero(v128.load(sums + c * 8, 16));
    v128.store(out + c * 4, v128.shuffle<f32>(low, high, 0, 1, 4, 5));
  }
}

/** The rows' squared norms in float64, in the lanes of a distance to the origin. */
export function sparseNormsSegment(table: usize, n: usize, first: usize, lanes: usize, out: usize): void {
  for (let i: usize = 0; i < n; i++) {
    memory.fill(lanes, 0, 32);
    const indices = indicesOf(table, i);
    const values = valuesOf(table, i);
    for (let k: usize = 0; k < countOf(table, i); k++) {
      const sum = lanes + (((load<u32>(indices + k * 4) as usize) - first) & 3) * 8;
      const value = <f64>load<f32>(values + k * 4);
      store<f64>(sum, load<f64>(sum) + value * value);
    }
    const even = load<f64>(lanes) + load<f64>(lanes, 16);
    store<f64>(out + i * 8, even + (load<f64>(lanes, 8) + load<f64>(lanes, 24)));
  }
}
