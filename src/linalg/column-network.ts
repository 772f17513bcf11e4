/** Emits a selection network: one local for each wire, one instruction for each half of a comparator. */
import type { SelectionNetwork } from './selection-network.ts';
import type { FunctionBody } from './wasm-emitter.ts';

export function emitNetwork(
  body: FunctionBody,
  network: SelectionNetwork,
  wires: readonly number[],
  min: 'f32x4.pmin' | 'f64x2.pmin',
  max: 'f32x4.pmax' | 'f64x2.pmax',
): void {
  for (const { low, high, keepsLow, keepsHigh } of network.comparators) {
    const a = wires[low]!;
    const b = wires[high]!;
    if (keepsLow) body.get(a, b).op(min);
    if (keepsHigh) body.get(b, a).op(max).set(b);
    if (keepsLow) body.set(a);
  }
}

/** The local that holds each rank; a rank that the network does not give has none. */
export function sortedWires(network: SelectionNetwork, wires: readonly number[]): (number | undefined)[] {
  return wires.map((_, rank) => {
    const wire = network.wireOfRank.get(rank);
    return wire === undefined ? undefined : wires[wire];
  });
}
