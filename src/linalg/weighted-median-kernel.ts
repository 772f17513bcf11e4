/**
 * The weighted median's kernel, two columns at a time. A float32 widened to float64 leaves 29 low bits free; the row's
 * index goes there, so one network of float64 comparators orders values and indices together, as in plain-columns.ts.
 *
 * `weights` addresses float64: the two bounds of half-weight.ts, then the n weights.
 */
import { emitNetwork, WIRE_BYTES } from './column-network.ts';
import { selectionNetwork } from './selection-network.ts';
import type { FunctionBody } from './wasm-emitter.ts';

const [X, STRIDE, COLUMNS, SCRATCH, WEIGHTS, OUT] = [0, 1, 2, 3, 4, 5] as const;
const INDEX_MASK = 2 ** 29 - 1;

export function emitWeightedMedian(body: FunctionBody, n: number): void {
  const end = body.local('i32');
  const first = body.local('v128');
  const emitPair = prepareWeightedPair(body, n);

  body.get(COLUMNS).i32(2).op('i32.shl').get(X).op('i32.add').set(end);
  body.loop(() => {
    emitPair(0);
    body.set(first);
    body.get(OUT).get(first);
    emitPair(8);
    body.shuffle(0, 1, 4, 5).f64x2(0).op('f32x4.add').store();
    body.get(OUT).i32(16).op('i32.add').set(OUT);
    body.get(X).i32(16).op('i32.add').tee(X).get(end).op('i32.lt_u');
  });
}

/** An emitter that leaves the medians of the two columns from byte `offset` of the rows. */
function prepareWeightedPair(body: FunctionBody, n: number): (offset: number) => void {
  const network = selectionNetwork(n);
  const wires = Array.from({ length: n }, () => body.local('v128'));
  const sum = body.local('v128');
  const passed = body.local('v128');
  // of each bound: all ones in a column whose sum is still to pass it, and the key that passed it
  const [reached, exceeded] = [0, 8].map((place) => ({
    place,
    open: body.local('v128'),
    chosen: body.local('v128'),
  })) as [Bound, Bound];
  const placeOf = (rank: number) => network.wireOfRank.get(rank)! * WIRE_BYTES;
  /** The address, less 16 bytes, of the weight whose index is in a key. */
  const weightOf = (place: number) =>
    body
      .get(SCRATCH)
      .loadI32(place)
      .i32(INDEX_MASK)
      .op('i32.and')
      .i32(3)
      .op('i32.shl')
      .get(WEIGHTS)
      .op('i32.add');
  const key = (rank: number) => body.get(SCRATCH).load(placeOf(rank));

  return (offset) => {
    emitNetwork(body, {
      ...{ network, wires, min: 'f64x2.pmin', max: 'f64x2.pmax', scratch: SCRATCH, end: 'memory' },
      input: (wire) => {
        body.get(X, STRIDE).i32(wire).op('i32.mul').op('i32.add').load64Zero(offset);
        body.op('f64x2.promote_low_f32x4').i64x2(BigInt(wire)).op('v128.or');
      },
    });
    body.f64x2(0).set(sum);
    for (const { open, chosen } of [reached, exceeded]) {
      body.f64x2(0).set(chosen);
      body.i64x2(-1n).set(open);
    }
    for (let rank = 0; rank < n - 1; rank++) {
      weightOf(placeOf(rank) + 8);
      weightOf(placeOf(rank)).load64Splat(16).load64Lane(1, 16);
      body.get(sum).op('f64x2.add').set(sum);
      for (const { place, open, chosen } of [reached, exceeded]) {
        body.get(sum).get(WEIGHTS).load64Splat(place).op('f64x2.gt').set(passed);
        key(rank).get(passed).op('v128.and').get(open).op('v128.and').get(chosen).op('v128.or').set(chosen);
        body.get(open, passed).op('v128.andnot').set(open);
      }
    }
    for (const { open, chosen } of [reached, exceeded]) {
      key(n - 1)
        .get(open)
        .op('v128.and')
        .get(chosen)
        .op('v128.or'); // whatever rounding did, the last one closes
      body.i64x2(~BigInt(INDEX_MASK)).op('v128.and');
    }
    body.op('f64x2.add').f64x2(0.5).op('f64x2.mul').op('f32x4.demote_f64x2_zero');
  };
}

interface Bound {
  /** Of its value among the weights. */
  readonly place: number;
  readonly open: number;
  readonly chosen: number;
}
