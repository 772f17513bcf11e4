/**
 * Generates a WebAssembly function for one column statistic of n rows: a selection network, pruned to the ranks that
 * the statistic reads and unrolled, over four columns at a time. Values stay in locals, which the engine keeps in
 * registers as far as they reach. Sums are taken in float64 over ascending ranks, as in plain-columns.ts.
 *
 * Comparators are pmin(a, b) = b < a ? b : a and pmax(b, a) = b < a ? a : b: one instruction each on x86-64, and they
 * never lose a value, zeros of either sign included. Which sign a zero has is forgotten at the end: the result is +0.
 */
import { unreachable } from '../foundation/assert.ts';
import type { ColumnStatistic } from './linear-algebra.ts';
import { emitNetwork, sortedWires } from './column-network.ts';
import { selectionNetwork } from './selection-network.ts';
import { encodeModule, FunctionBody } from './wasm-emitter.ts';
import { emitWeightedMedian } from './weighted-median-kernel.ts';

/** Beyond this many rows a network is longer than selecting. */
export const MOST_NETWORK_ROWS = 256;

/** What distinguishes two kernels: the statistic's kind and number, and n. */
export function columnKernelKey(statistic: ColumnStatistic, n: number): string {
  switch (statistic.kind) {
    case 'median':
      return `${n} median ${statistic.ties}`;
    case 'trimmed-mean':
    case 'meamed':
    case 'phocas':
      return `${n} ${statistic.kind} ${statistic.f}`;
    case 'nearest-to-median':
      return `${n} ${statistic.kind} ${statistic.keep}`;
    case 'weighted-median':
      return `${n} ${statistic.kind}`;
    default:
      return unreachable(statistic);
  }
}

/**
 * The module's bytes. It exports `columns(x, stride, columns, aux, out)`: n rows of float32 from address x, stride bytes
 * apart; whole vectors of four are read and written. `aux` is read by the weighted median only (its header).
 */
export function generateColumnKernel(statistic: ColumnStatistic, n: number): Uint8Array<ArrayBuffer> {
  const body = new FunctionBody(['i32', 'i32', 'i32', 'i32', 'i32']);
  if (statistic.kind === 'weighted-median') emitWeightedMedian(body, n);
  else emitStatistic(body, statistic, n);
  return encodeModule('columns', body);
}

const [X, STRIDE, COLUMNS, , OUT] = [0, 1, 2, 3, 4] as const;

type UnweightedStatistic = Exclude<ColumnStatistic, { kind: 'weighted-median' }>;

function emitStatistic(body: FunctionBody, statistic: UnweightedStatistic, n: number): void {
  const low = (n - 1) >> 1;
  const isLowerMedian = statistic.kind === 'median' && (statistic.ties === 'lower' || n % 2 === 1);
  const [first, last] = ranksRead(statistic, n);
  const network = selectionNetwork(n, first, isLowerMedian ? low : last);
  const wires = Array.from({ length: n }, () => body.local('v128'));
  const end = body.local('i32');
  const row = body.local('i32');

  body.get(COLUMNS).i32(2).op('i32.shl').get(X).op('i32.add').set(end);
  body.loop(() => {
    emitLoads(body, wires, row);
    emitNetwork(body, network, wires, 'f32x4.pmin', 'f32x4.pmax');
    const sorted = sortedWires(network, wires);
    body.get(OUT);
    if (isLowerMedian) body.get(sorted[low]!);
    else emitWidened(body, statistic, sorted);
    body.f64x2(0).op('f32x4.add').store();
    body.get(OUT).i32(16).op('i32.add').set(OUT);
    body.get(X).i32(16).op('i32.add').tee(X).get(end).op('i32.lt_u');
  });
}

/** The first and last rank that the statistic reads. */
function ranksRead(statistic: UnweightedStatistic, n: number): readonly [number, number] {
  switch (statistic.kind) {
    case 'median':
      return [(n - 1) >> 1, n >> 1];
    case 'trimmed-mean':
      return [statistic.f, n - 1 - statistic.f];
    case 'meamed':
    case 'phocas':
    case 'nearest-to-median':
      return [0, n - 1];
    default:
      return unreachable(statistic);
  }
}

function emitLoads(body: FunctionBody, wires: readonly number[], row: number): void {
  body.get(X).set(row);
  wires.forEach((wire, i) => {
    body.get(row).load().set(wire);
    if (i < wires.length - 1) body.get(row, STRIDE).op('i32.add').set(row);
  });
}

/** Leaves four float32 results: each pair of columns is widened to float64, worked on, and narrowed. */
function emitWidened(
  body: FunctionBody,
  statistic: UnweightedStatistic,
  sorted: readonly (number | undefined)[],
): void {
  for (const half of ['low', 'high'] as const) {
    emitHalf(body, statistic, sorted, half);
    body.op('f32x4.demote_f64x2_zero');
  }
  body.shuffle(0, 1, 4, 5);
}

type Half = 'low' | 'high';

function emitHalf(
  body: FunctionBody,
  statistic: UnweightedStatistic,
  sorted: readonly (number | undefined)[],
  half: Half,
): void {
  const n = sorted.length;
  const value = (rank: number) => emitValue(body, sorted[rank]!, half);
  const sumOf = (first: number, last: number) => {
    body.f64x2(0);
    for (let rank = first; rank <= last; rank++) value(rank).op('f64x2.add');
  };
  const twiceMedian = () => {
    value((n - 1) >> 1);
    value(n >> 1).op('f64x2.add');
  };
  switch (statistic.kind) {
    case 'median':
      twiceMedian();
      body.f64x2(0.5).op('f64x2.mul');
      return;
    case 'trimmed-mean':
      sumOf(statistic.f, n - 1 - statistic.f);
      body.f64x2(n - 2 * statistic.f).op('f64x2.div');
      return;
    case 'phocas':
      sumOf(statistic.f, n - 1 - statistic.f);
      body
        .f64x2(n - 2 * statistic.f)
        .op('f64x2.div')
        .f64x2(2)
        .op('f64x2.mul');
      emitNearestMean(body, value, n, n - statistic.f);
      return;
    case 'meamed':
      twiceMedian();
      emitNearestMean(body, value, n, n - statistic.f);
      return;
    case 'nearest-to-median':
      twiceMedian();
      emitNearestMean(body, value, n, statistic.keep);
      return;
    default:
      unreachable(statistic);
  }
}

/** Two columns of a wire, as float64. */
function emitValue(body: FunctionBody, wire: number, half: Half): FunctionBody {
  body.get(wire);
  if (half === 'high') body.get(wire).shuffle(2, 3, 2, 3);
  return body.op('f64x2.promote_low_f32x4');
}

/**
 * From twice the centre on the stack to the mean of the `keep` nearest values. The window that starts at rank a moves on
 * where rank a + keep is nearer than rank a: s_a + s_(a + keep) < 2 centre. That holds for a prefix of all a, so rank r
 * is kept where the window did not move past it (not moved_r) and did reach it (moved_(r - keep)).
 */
function emitNearestMean(
  body: FunctionBody,
  value: (rank: number) => FunctionBody,
  n: number,
  keep: number,
): void {
  const twiceCenter = body.local('v128');
  body.set(twiceCenter);
  const moved = Array.from({ length: n - keep }, (_, a) => {
    const mask = body.local('v128');
    value(a);
    value(a + keep)
      .op('f64x2.add')
      .get(twiceCenter)
      .op('f64x2.lt')
      .set(mask);
    return mask;
  });
  body.f64x2(0);
  for (let rank = 0; rank < n; rank++) {
    value(rank);
    const leaves = moved[rank];
    const enters = moved[rank - keep];
    if (leaves !== undefined) body.get(leaves).op('v128.andnot');
    if (enters !== undefined) body.get(enters).op('v128.and');
    body.op('f64x2.add');
  }
  body.f64x2(keep).op('f64x2.div');
}
