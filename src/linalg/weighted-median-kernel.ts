/**
 * The weighted median's kernel, two columns at a time. A float32 widened to float64 leaves 29 low bits free; the row's
 * index goes there, so one network of float64 comparators orders values and indices together, as in plain-columns.ts.
 *
 * `aux` addresses float64: half of the weights' sum, then the n weights.
 */
import { emitNetwork, sortedWires } from './column-network.ts';
import { selectionNetwork } from './selection-network.ts';
import type { FunctionBody } from './wasm-emitter.ts';

const [X, STRIDE, COLUMNS, AUX, OUT] = [0, 1, 2, 3, 4] as const;
const INDEX_BITS = 29;
const INDEX_MASK = 2 ** INDEX_BITS - 1;

export function emitWeightedMedian(body: FunctionBody, n: number): void {
  const keys = Array.from({ length: n }, () => body.local('v128'));
  const [end, row, weights, address] = [1, 2, 3, 4].map(() => body.local('i32')) as [
    number,
    number,
    number,
    number,
  ];
  const [half, sum, open, passed, chosen, first] = [1, 2, 3, 4, 5, 6].map(() => body.local('v128')) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const network = selectionNetwork(n);
  const sorted = sortedWires(network, keys);

  /** Leaves the chosen keys, without their indices, of the two columns from byte `offset` of the row. */
  const emitPair = (offset: number) => {
    body.get(X).set(row);
    keys.forEach((key, i) => {
      body.get(row).load64Zero(offset).op('f64x2.promote_low_f32x4').i64x2(BigInt(i)).op('v128.or').set(key);
      body.get(row, STRIDE).op('i32.add').set(row);
    });
    emitNetwork(body, network, keys, 'f64x2.pmin', 'f64x2.pmax');
    body.f64x2(0).tee(sum).set(chosen);
    body.i64x2(-1n).set(open);
    sorted.forEach((wire, rank) => {
      const key = wire!;
      if (rank < n - 1) {
        const weightOf = (lane: 0 | 1) =>
          body
            .get(key)
            .extractI64(lane)
            .op('i32.wrap_i64')
            .i32(INDEX_MASK)
            .op('i32.and')
            .i32(3)
            .op('i32.shl')
            .get(weights)
            .op('i32.add');
        weightOf(1).set(address);
        weightOf(0).load64Splat().set(passed);
        body.get(address, passed).load64Lane(1).get(sum).op('f64x2.add').tee(sum);
        body.get(half).op('f64x2.gt').set(passed);
        body.get(key, passed).op('v128.and').get(open).op('v128.and').get(chosen).op('v128.or').set(chosen);
        body.get(open, passed).op('v128.andnot').set(open);
      } else {
        body.get(key, open).op('v128.and').get(chosen).op('v128.or'); // whatever rounding did, the last one closes
      }
    });
    body.i64x2(~BigInt(INDEX_MASK)).op('v128.and').op('f32x4.demote_f64x2_zero');
  };

  body.get(COLUMNS).i32(2).op('i32.shl').get(X).op('i32.add').set(end);
  body.get(AUX).load64Splat().set(half);
  body.get(AUX).i32(8).op('i32.add').set(weights);
  body.loop(() => {
    emitPair(0);
    body.set(first);
    emitPair(8);
    body.set(passed);
    body.get(OUT, first, passed).shuffle(0, 1, 4, 5).f64x2(0).op('f32x4.add').store();
    body.get(OUT).i32(16).op('i32.add').set(OUT);
    body.get(X).i32(16).op('i32.add').tee(X).get(end).op('i32.lt_u');
  });
}
