/**
 * Emits a selection network by its register plan. Wire w's place in memory is 16 w bytes from the scratch address; its
 * register is a local of its own.
 */
import { planRegisters, type PlanEnd } from './register-plan.ts';
import type { SelectionNetwork } from './selection-network.ts';
import type { FunctionBody } from './wasm-emitter.ts';

/** V8 gives 15 vector registers on x86-64; one is for the comparator's second result. */
const REGISTERS = 13;
export const WIRE_BYTES = 16;

export interface NetworkEmitter {
  readonly network: SelectionNetwork;
  readonly end: PlanEnd;
  /** Local with the address of the wires' places. */
  readonly scratch: number;
  /** Locals of the wires. */
  readonly wires: readonly number[];
  readonly min: 'f32x4.pmin' | 'f64x2.pmin';
  readonly max: 'f32x4.pmax' | 'f64x2.pmax';
  /** Leaves the wire's input on the stack. */
  readonly input: (wire: number) => void;
}

/** Leaves the wanted ranks in their wires' locals or places. */
export function emitNetwork(body: FunctionBody, emitter: NetworkEmitter): void {
  const { network, end, scratch, wires, min, max, input } = emitter;
  for (const step of planRegisters(network, REGISTERS, end)) {
    switch (step.kind) {
      case 'input':
        input(step.wire);
        body.set(wires[step.wire]!);
        break;
      case 'load':
        body
          .get(scratch)
          .load(step.wire * WIRE_BYTES)
          .set(wires[step.wire]!);
        break;
      case 'store':
        body.get(scratch, wires[step.wire]!).store(step.wire * WIRE_BYTES);
        break;
      case 'compare': {
        const { low, high, keepsLow, keepsHigh } = step.comparator;
        const a = wires[low]!;
        const b = wires[high]!;
        if (keepsLow) body.get(a, b).op(min);
        if (keepsHigh) body.get(b, a).op(max).set(b);
        if (keepsLow) body.set(a);
        break;
      }
    }
  }
}
