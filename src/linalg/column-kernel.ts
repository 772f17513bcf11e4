/**
 * Generates a WebAssembly function for one column statistic of n rows: a selection network, pruned to the ranks that
 * the statistic reads and unrolled, over four columns at a time. Values stay in locals, which the engine keeps in
 * registers as far as they reach. Sums are taken in float64 over ascending ranks, as in plain-columns.ts.
 *
 * Comparators are pmin(a, b) = b < a ? b : a and pmax(b, a) = b < a ? a : b: one instruction each on x86-64, and they
 * never lose a value, zeros of either sign included. Which sign a zero has is forgotten at the end: the result is +0.
 */
import { unreachable } from '../foundation/assert.ts';
import type { KernelStatistic } from './linear-algebra.ts';
import { emitNetwork, WIRE_BYTES } from './column-network.ts';
import { selectionNetwork } from './selection-network.ts';
import { encodeModule, FunctionBody } from './wasm-emitter.ts';
import { emitWeightedMedian } from './weighted-median-kernel.ts';

/** Beyond this many rows a network is longer than selecting. */
export const MOST_NETWORK_ROWS = 256;

/** What distinguishes two kernels: the statistic's kind and number, and n. */
export function columnKernelKey(statistic: KernelStatistic, n: number): string {
  switch (statistic.kind) {
    case 'median':
      return `${n} median ${statistic.ties}`;
    case 'trimmed-mean':
      return `${n} ${statistic.kind} ${statistic.f}`;
    case 'nearest-to-median':
      return `${n} ${statistic.kind} ${statistic.keep}`;
    case 'nearest-to-trimmed-mean':
      return `${n} ${statistic.kind} ${statistic.f} ${statistic.keep}`;
    case 'weighted-median':
      return `${n} ${statistic.kind}`;
    default:
      return unreachable(statistic);
  }
}

/**
 * The module's bytes. It exports `columns(x, stride, columns, scratch, weights, out)`: n rows of float32 from address x,
 * stride bytes apart; whole vectors of four are read and written; columnScratchBytes(n) of scratch. `weights` is read
 * by the weighted median only (its header).
 */
export function generateColumnKernel(statistic: KernelStatistic, n: number): Uint8Array<ArrayBuffer> {
  const body = new FunctionBody(['i32', 'i32', 'i32', 'i32', 'i32', 'i32']);
  if (statistic.kind === 'weighted-median') emitWeightedMedian(body, n);
  else emitStatistic(body, statistic, n);
  return encodeModule('columns', body);
}

/** The wires' places and a mask for each. */
export function columnScratchBytes(n: number): number {
  return 2 * n * WIRE_BYTES;
}

const [X, STRIDE, COLUMNS, SCRATCH, , OUT] = [0, 1, 2, 3, 4, 5] as const;

type UnweightedStatistic = Exclude<KernelStatistic, { kind: 'weighted-median' }>;

function emitStatistic(body: FunctionBody, statistic: UnweightedStatistic, n: number): void {
  const middle = (n - 1) >> 1;
  const isOneRank = statistic.kind === 'median' && (statistic.ties === 'lower' || n % 2 === 1);
  const [first, last] = isOneRank ? [middle, middle] : ranksRead(statistic, n);
  const network = selectionNetwork(n, first, last);
  const wires = Array.from({ length: n }, () => body.local('v128'));
  const end = body.local('i32');
  const placeOf = (rank: number) => network.wireOfRank.get(rank)! * WIRE_BYTES;

  body.get(COLUMNS).i32(2).op('i32.shl').get(X).op('i32.add').set(end);
  body.loop(() => {
    emitNetwork(body, {
      ...{ network, wires, min: 'f32x4.pmin', max: 'f32x4.pmax', scratch: SCRATCH },
      end: isOneRank ? 'registers' : 'memory',
      input: (wire) => body.get(X, STRIDE).i32(wire).op('i32.mul').op('i32.add').load(),
    });
    body.get(OUT);
    if (isOneRank) body.get(wires[network.wireOfRank.get(middle)!]!);
    else emitWidened(body, statistic, n, placeOf);
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
    case 'nearest-to-median':
    case 'nearest-to-trimmed-mean':
      return [0, n - 1];
    default:
      return unreachable(statistic);
  }
}

/** Leaves four float32 results: each pair of columns is widened to float64, worked on, and narrowed. */
function emitWidened(
  body: FunctionBody,
  statistic: UnweightedStatistic,
  n: number,
  placeOf: (rank: number) => number,
): void {
  for (const half of [0, 8]) {
    const value = (rank: number) =>
      body
        .get(SCRATCH)
        .load64Zero(placeOf(rank) + half)
        .op('f64x2.promote_low_f32x4');
    emitPair(body, statistic, n, value);
    body.op('f32x4.demote_f64x2_zero');
  }
  body.shuffle(0, 1, 4, 5);
}

/** Leaves the statistic of two columns; `value` leaves their values of a rank. */
function emitPair(
  body: FunctionBody,
  statistic: UnweightedStatistic,
  n: number,
  value: (rank: number) => FunctionBody,
): void {
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
    case 'nearest-to-trimmed-mean':
      sumOf(statistic.f, n - 1 - statistic.f);
      body
        .f64x2(n - 2 * statistic.f)
        .op('f64x2.div')
        .f64x2(2)
        .op('f64x2.mul');
      emitNearestMean(body, value, n, statistic.keep);
      return;
    case 'nearest-to-median':
      twiceMedian();
      emitNearestMean(body, value, n, statistic.keep);
      return;
    default:
      unreachable(statistic);
  }
}

/**
 * From twice the centre on the stack to the mean of the `keep` nearest values. The window that starts at rank a moves on
 * where rank a + keep is nearer than rank a: s_a + s_(a + keep) < 2 centre. That holds for a prefix of all a, so rank r
 * is kept where the window did not move past it (not moved_r) and did reach it (moved_(r - keep)). The masks wait in
 * memory behind the wires: more of them than registers are alive.
 */
function emitNearestMean(
  body: FunctionBody,
  value: (rank: number) => FunctionBody,
  n: number,
  keep: number,
): void {
  const twiceCenter = body.local('v128');
  const movedPlace = (a: number) => (n + a) * WIRE_BYTES;
  body.set(twiceCenter);
  for (let a = 0; a + keep < n; a++) {
    body.get(SCRATCH);
    value(a);
    value(a + keep)
      .op('f64x2.add')
      .get(twiceCenter)
      .op('f64x2.lt')
      .store(movedPlace(a));
  }
  body.f64x2(0);
  for (let rank = 0; rank < n; rank++) {
    value(rank);
    if (rank + keep < n) body.get(SCRATCH).load(movedPlace(rank)).op('v128.andnot');
    if (rank >= keep)
      body
        .get(SCRATCH)
        .load(movedPlace(rank - keep))
        .op('v128.and');
    body.op('f64x2.add');
  }
  body.f64x2(keep).op('f64x2.div');
}
