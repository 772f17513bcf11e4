/**
 * Orders a network's comparators, and says which wires are in registers when. An optimizing engine reorders pure vector
 * operations as it likes and then spills most of them; loads and stores it keeps in order. So the plan moves wires
 * between registers and memory itself: among the comparators that are ready it takes one that needs the fewest loads,
 * and to make room it stores the wire whose next comparator is farthest (Belady's rule).
 */
import { present } from '../foundation/assert.ts';
import type { Comparator, SelectionNetwork } from './selection-network.ts';

export type PlanStep =
  /** The wire's input becomes a register. */
  | { readonly kind: 'input'; readonly wire: number }
  /** The wire comes back from its place in memory. */
  | { readonly kind: 'load'; readonly wire: number }
  /** The wire goes to its place in memory. */
  | { readonly kind: 'store'; readonly wire: number }
  | { readonly kind: 'compare'; readonly comparator: Comparator };

/** Where the wanted ranks are at the end. */
export type PlanEnd = 'registers' | 'memory';

/** A plan that holds at most `registers` wires (at least two) besides those that end in registers. */
export function planRegisters(
  network: SelectionNetwork,
  registers: number,
  end: PlanEnd,
): readonly PlanStep[] {
  return new Planner(network, registers, end).plan();
}

class Planner {
  private readonly network: SelectionNetwork;
  private readonly registers: number;
  private readonly end: PlanEnd;
  private readonly steps: PlanStep[] = [];
  /** Numbers of the comparators on each wire that are still to come, the next one last. */
  private readonly pending: readonly number[][];
  private readonly held = new Set<number>();
  /** Wires in registers whose value is nowhere else. */
  private readonly changed = new Set<number>();
  /** Wires whose place in memory was written; the others can still be read from the input. */
  private readonly stored = new Set<number>();

  constructor(network: SelectionNetwork, registers: number, end: PlanEnd) {
    this.network = network;
    this.registers = registers;
    this.end = end;
    this.pending = Array.from({ length: network.n }, () => []);
    for (const [i, { low, high }] of [...network.comparators.entries()].reverse()) {
      this.pending[low]!.push(i);
      this.pending[high]!.push(i);
    }
  }

  plan(): readonly PlanStep[] {
    for (let left = this.network.comparators.length; left > 0; left--) this.compare(this.choose());
    for (const wire of this.network.wireOfRank.values()) {
      if (this.end === 'registers') this.hold(wire);
      else if (!this.stored.has(wire)) {
        this.hold(wire); // a wire without comparators
        this.store(wire);
      }
    }
    return this.steps;
  }

  /** The ready comparator that needs the fewest loads; the first of these. */
  private choose(): number {
    let best = Infinity;
    let fewest = Infinity;
    for (let wire = 0; wire < this.network.n; wire++) {
      const candidate = this.next(wire);
      if (candidate === Infinity) continue;
      const { low, high } = this.network.comparators[candidate]!;
      if (this.next(low) !== candidate || this.next(high) !== candidate) continue;
      const loads = Number(!this.held.has(low)) + Number(!this.held.has(high));
      if (loads < fewest || (loads === fewest && candidate < best)) [best, fewest] = [candidate, loads];
    }
    return best;
  }

  /** The wire's next comparator. */
  private next(wire: number): number {
    return this.pending[wire]!.at(-1) ?? Infinity;
  }

  private compare(number: number): void {
    const comparator = present(this.network.comparators[number], 'ready comparator');
    const { low, high, keepsLow, keepsHigh } = comparator;
    this.hold(low, high);
    this.hold(high, low);
    this.steps.push({ kind: 'compare', comparator });
    for (const [wire, keeps] of [
      [low, keepsLow],
      [high, keepsHigh],
    ] as const) {
      this.pending[wire]!.pop();
      this.changed.add(wire);
      if (!keeps) this.drop(wire);
      else if (this.next(wire) === Infinity && this.end === 'memory') this.store(wire);
    }
  }

  /** Brings a wire into a register, without evicting `beside`. */
  private hold(wire: number, beside?: number): void {
    if (this.held.has(wire)) return;
    if (this.held.size >= this.registers) {
      const evictable = [...this.held].filter((other) => other !== beside && this.next(other) < Infinity);
      if (evictable.length > 0) {
        this.evict(evictable.reduce((far, other) => (this.next(other) > this.next(far) ? other : far)));
      }
    }
    this.steps.push({ kind: this.stored.has(wire) ? 'load' : 'input', wire });
    this.held.add(wire);
  }

  private evict(wire: number): void {
    if (this.changed.has(wire)) this.store(wire);
    else this.drop(wire);
  }

  private store(wire: number): void {
    this.steps.push({ kind: 'store', wire });
    this.stored.add(wire);
    this.drop(wire);
  }

  private drop(wire: number): void {
    this.held.delete(wire);
    this.changed.delete(wire);
  }
}
