import assert from 'node:assert/strict';
import { SeededRandom } from '../../src/foundation/seeded-random.ts';
import { planRegisters, type PlanEnd } from '../../src/linalg/register-plan.ts';
import { selectionNetwork, type SelectionNetwork } from '../../src/linalg/selection-network.ts';

/** Runs a plan as a machine with registers and memory would; what was never written reads as undefined. */
function runPlan(
  network: SelectionNetwork,
  inputs: readonly number[],
  registers: number,
  end: PlanEnd,
): number[] {
  const register = new Map<number, number>();
  const memory = new Map<number, number>();
  let most = 0;
  const take = (from: ReadonlyMap<number, number>, wire: number, where: string): number => {
    const value = from.get(wire);
    assert.ok(value !== undefined, `wire ${wire} is in ${where}`);
    return value;
  };
  for (const step of planRegisters(network, registers, end)) {
    if (step.kind === 'input') {
      assert.ok(!memory.has(step.wire), 'an input is not read again after a change');
      register.set(step.wire, inputs[step.wire]!);
    } else if (step.kind === 'load') register.set(step.wire, take(memory, step.wire, 'memory'));
    else if (step.kind === 'store') {
      memory.set(step.wire, take(register, step.wire, 'a register'));
      register.delete(step.wire);
    } else {
      const { low, high, keepsLow, keepsHigh } = step.comparator;
      const [a, b] = [take(register, low, 'a register'), take(register, high, 'a register')];
      most = Math.max(most, register.size);
      register.delete(low);
      register.delete(high);
      if (keepsLow) register.set(low, Math.min(a, b));
      if (keepsHigh) register.set(high, Math.max(a, b));
    }
  }
  const from = end === 'memory' ? memory : register;
  return [...network.wireOfRank].map(([, wire]) => take(from, wire, end));
}

/** A network on 32 inputs of zeros and ones at once: bit k of a word is the wire's value in input k. */
function runOnZerosAndOnes(network: SelectionNetwork, inputs: Int32Array): void {
  for (const { low, high, keepsLow, keepsHigh } of network.comparators) {
    const [a, b] = [inputs[low]!, inputs[high]!];
    inputs[low] = keepsLow ? a & b : 0x5555_5555; // a half that was dropped as unread must not matter
    inputs[high] = keepsHigh ? a | b : 0x3333_3333;
  }
}

function rangesOf(n: number): (readonly [number, number])[] {
  return [
    [0, n - 1],
    [(n - 1) >> 1, n >> 1],
    [(n - 1) >> 1, (n - 1) >> 1],
    [(n - 1) >> 2, n - 1 - ((n - 1) >> 2)],
    [0, 0],
  ];
}

describe('selection network', () => {
  it('selects every 0-1 input for n up to 16, hence every input (Knuth 5.3.4, theorem Z)', () => {
    for (let n = 1; n <= 16; n++) {
      for (const [first, last] of rangesOf(n)) {
        const network = selectionNetwork(n, first, last);
        for (let base = 0; base < 2 ** n; base += 32) {
          const words = Int32Array.from({ length: n }, (_, wire) => {
            let word = 0;
            for (let k = 0; k < 32; k++) word |= (((base + k) >> wire) & 1) << k;
            return word;
          });
          runOnZerosAndOnes(network, words);
          for (const [rank, wire] of network.wireOfRank) {
            for (let k = 0; k < Math.min(32, 2 ** n); k++) {
              const zeros = n - popCount(base + k);
              const expected = rank >= zeros ? 1 : 0;
              if (((words[wire]! >>> k) & 1) !== expected) {
                assert.fail(`n ${n}, ranks ${first}..${last}: input ${(base + k).toString(2)}, rank ${rank}`);
              }
            }
          }
        }
      }
    }
  });

  it('has the known numbers of comparators', () => {
    const sizes = [1, 2, 3, 4, 5, 6, 7, 8, 16, 32].map((n) => selectionNetwork(n).comparators.length);
    assert.deepEqual(
      sizes,
      [0, 1, 3, 5, 9, 12, 16, 19, 60, 185],
      'optimal up to 8; Green for 16; Batcher on top',
    );
  });

  it('selects random inputs through its register plan for n up to 256', () => {
    const random = new SeededRandom(5, 'networks');
    for (const n of [1, 2, 3, 5, 16, 17, 31, 64, 100, 255, 256]) {
      const inputs = Array.from({ length: n }, () => random.nextBelow(n));
      const sorted = [...inputs].sort((a, b) => a - b);
      for (const [first, last] of rangesOf(n)) {
        const network = selectionNetwork(n, first, last);
        for (const end of ['registers', 'memory'] as const) {
          const selected = runPlan(network, inputs, 13, end);
          assert.deepEqual(
            selected,
            sorted.slice(first, last + 1),
            `n ${n}, ranks ${first}..${last}, ${end}`,
          );
        }
      }
    }
  });

  it('plans within the registers that it was given', () => {
    const network = selectionNetwork(64, 31, 32);
    for (const registers of [2, 5, 13]) {
      const held = new Set<number>();
      for (const step of planRegisters(network, registers, 'memory')) {
        if (step.kind === 'input' || step.kind === 'load') held.add(step.wire);
        else if (step.kind === 'store') held.delete(step.wire);
        else {
          if (!step.comparator.keepsLow) held.delete(step.comparator.low);
          if (!step.comparator.keepsHigh) held.delete(step.comparator.high);
        }
        assert.ok(held.size <= registers, `${held.size} of ${registers} registers`);
      }
    }
  });
});

function popCount(x: number): number {
  let count = 0;
  for (let rest = x; rest > 0; rest &= rest - 1) count++;
  return count;
}
