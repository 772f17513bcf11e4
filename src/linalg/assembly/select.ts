/**
 * AssemblyScript. Column statistics by selection, for more rows than a network is good for. A column is gathered as
 * float64; quick-select with the median of three puts the wanted ranks in place, and where sums are taken quicksort
 * orders them. Both turn to heapsort after 2 log2(n) partitions, so no input makes them quadratic. The results are
 * those of ../plain-columns.ts, which any correct sort gives.
 */

const BLOCK_COLUMNS: usize = 8;
const SMALL: usize = 16;

export const MEDIAN: i32 = 0;
export const LOWER_MEDIAN: i32 = 1;
export const TRIMMED_MEAN: i32 = 2;
/** Mean of the values nearest to the median (MeaMed, Bulyan) or to the trimmed mean (Phocas). */
export const NEAREST_TO_MEDIAN: i32 = 3;
export const NEAREST_TO_TRIMMED_MEAN: i32 = 4;
export const WEIGHTED_MEDIAN: i32 = 5;

/** Bytes of scratch that one thread needs for n rows. */
export function selectScratchBytes(n: usize): usize {
  return BLOCK_COLUMNS * n * 8;
}

/** The statistic of each column; `trim` and `keep` as the kind needs them; `weights`: the bounds of half-weight.ts, then n. */
export function selectColumns(
  x: usize,
  stride: usize,
  n: usize,
  columns: usize,
  kind: i32,
  trim: usize,
  keep: usize,
  scratch: usize,
  weights: usize,
  out: usize,
): void {
  for (let start: usize = 0; start < columns; start += BLOCK_COLUMNS) {
    const width = min(BLOCK_COLUMNS, columns - start);
    for (let i: usize = 0; i < n; i++) {
      for (let c: usize = 0; c < width; c++) {
        const value = <f64>load<f32>(x + i * stride + (start + c) * 4);
        const key = kind == WEIGHTED_MEDIAN ? reinterpret<f64>(reinterpret<u64>(value) | i) : value;
        store<f64>(scratch + (c * n + i) * 8, key);
      }
    }
    for (let c: usize = 0; c < width; c++) {
      const value = columnStatistic(scratch + c * n * 8, n, kind, trim, keep, weights);
      store<f32>(out + (start + c) * 4, <f32>value + 0);
    }
  }
}

function columnStatistic(v: usize, n: usize, kind: i32, trim: usize, keep: usize, weights: usize): f64 {
  const low = (n - 1) / 2;
  if (kind <= LOWER_MEDIAN) {
    selectRank(v, n, low);
    if (kind == LOWER_MEDIAN || (n & 1) == 1) return at(v, low);
    return (at(v, low) + least(v, low + 1, n)) / 2;
  }
  if (kind == TRIMMED_MEAN) {
    selectRank(v, n, trim);
    if (trim > 0) selectRank(v + trim * 8, n - trim, n - 1 - 2 * trim);
    sortRange(v + trim * 8, n - 2 * trim, depthLimit(n));
    return mean(v, trim, n - trim);
  }
  sortRange(v, n, depthLimit(n));
  if (kind == WEIGHTED_MEDIAN) return weightedMedian(v, n, weights);
  const twiceCenter = kind == NEAREST_TO_MEDIAN ? at(v, low) + at(v, n / 2) : mean(v, trim, n - trim) * 2;
  let first: usize = 0;
  while (first + keep < n && at(v, first) + at(v, first + keep) < twiceCenter) first++;
  return mean(v, first, first + keep);
}

function weightedMedian(v: usize, n: usize, weights: usize): f64 {
  const reached = load<f64>(weights);
  const exceeded = load<f64>(weights, 8);
  let sum: f64 = 0;
  let low: usize = n - 1;
  let high: usize = 0;
  for (; high < n - 1; high++) {
    sum += load<f64>(weights + (reinterpret<u64>(at(v, high)) as usize & 0x1fffffff) * 8, 16);
    if (sum > reached) low = min(low, high);
    if (sum > exceeded) break;
  }
  return (withoutIndex(at(v, low)) + withoutIndex(at(v, high))) / 2;
}

function withoutIndex(key: f64): f64 {
  return reinterpret<f64>(reinterpret<u64>(key) & ~0x1fffffff);
}

function at(v: usize, i: usize): f64 {
  return load<f64>(v + i * 8);
}

function put(v: usize, i: usize, value: f64): void {
  store<f64>(v + i * 8, value);
}

function least(v: usize, start: usize, end: usize): f64 {
  let value = at(v, start);
  for (let i = start + 1; i < end; i++) value = at(v, i) < value ? at(v, i) : value;
  return value;
}

function mean(v: usize, start: usize, end: usize): f64 {
  let sum: f64 = 0;
  for (let i = start; i < end; i++) sum += at(v, i);
  return sum / <f64>(end - start);
}

function depthLimit(n: usize): i32 {
  return 2 * (32 - <i32>clz<u32>(<u32>n));
}

/** Hoare's partition around the median of the first, middle and last of n values: [0, result) <= pivot <= the rest. */
function partition(v: usize, n: usize): usize {
  const a = at(v, 0);
  const b = at(v, n / 2);
  const c = at(v, n - 1);
  const pivot = a < b ? (b < c ? b : a < c ? c : a) : a < c ? a : b < c ? c : b;
  let i: usize = 0;
  let j: usize = n - 1;
  while (true) {
    while (at(v, i) < pivot) i++;
    while (pivot < at(v, j)) j--;
    if (i >= j) return i;
    const swapped = at(v, i);
    put(v, i, at(v, j));
    put(v, j, swapped);
    i++;
    j--;
  }
}

/** Puts the value of a rank in its place, smaller ones before it and greater ones behind. */
function selectRank(v: usize, n: usize, rank: usize): void {
  let depth = depthLimit(n);
  while (n > SMALL) {
    if (depth-- == 0) {
      heapSort(v, n);
      return;
    }
    const split = partition(v, n);
    if (rank < split) n = split;
    else {
      v += split * 8;
      n -= split;
      rank -= split;
    }
  }
  insertionSort(v, n);
}

function sortRange(v: usize, n: usize, depth: i32): void {
  while (n > SMALL) {
    if (depth-- == 0) {
      heapSort(v, n);
      return;
    }
    const split = partition(v, n);
    if (split < n - split) {
      sortRange(v, split, depth);
      v += split * 8;
      n -= split;
    } else {
      sortRange(v + split * 8, n - split, depth);
      n = split;
    }
  }
  insertionSort(v, n);
}

function insertionSort(v: usize, n: usize): void {
  for (let i: usize = 1; i < n; i++) {
    const value = at(v, i);
    let j = i;
    for (; j > 0 && at(v, j - 1) > value; j--) put(v, j, at(v, j - 1));
    put(v, j, value);
  }
}

function heapSort(v: usize, n: usize): void {
  for (let i = n / 2; i > 0; i--) siftDown(v, i - 1, n);
  for (let end = n - 1; end > 0; end--) {
    const greatest = at(v, 0);
    put(v, 0, at(v, end));
    put(v, end, greatest);
    siftDown(v, 0, end);
  }
}

function siftDown(v: usize, root: usize, n: usize): void {
  const value = at(v, root);
  for (;;) {
    let child: usize = 2 * root + 1;
    if (child >= n) break;
    if (child + 1 < n && at(v, child) < at(v, child + 1)) child++;
    if (!(value < at(v, child))) break;
    put(v, root, at(v, child));
    root = child;
  }
  put(v, root, value);
}
