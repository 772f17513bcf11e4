/**
 * Networks of comparators that sort n values, or put only some ranks in order. They are built from sorted halves by
 * Batcher's odd-even merge for lists of any lengths (Knuth, TAOCP 3, 5.3.4), with Green's 60 comparators for 16
 * (Knuth 5.3.4, fig. 49 gives its first form). Comparators that no wanted rank depends on are dropped, and of the
 * others the half that nobody reads.
 */
import { present } from '../foundation/assert.ts';

/** Puts the smaller value on `low` and the greater one on `high`; a half that nobody reads is not computed. */
export interface Comparator {
  readonly low: number;
  readonly high: number;
  readonly keepsLow: boolean;
  readonly keepsHigh: boolean;
}

export interface SelectionNetwork {
  readonly n: number;
  readonly comparators: readonly Comparator[];
  /** The wire that carries a wanted rank (0 is the least) at the end. */
  readonly wireOfRank: ReadonlyMap<number, number>;
}

type Pair = readonly [low: number, high: number];

/** n = 16, 60 comparators, depth 10. */
// prettier-ignore
const GREEN_16: readonly Pair[] = [
  ...([[0, 13], [1, 12], [2, 15], [3, 14], [4, 8], [5, 6], [7, 11], [9, 10]] as const),
  ...([[0, 5], [1, 7], [2, 9], [3, 4], [6, 13], [8, 14], [10, 15], [11, 12]] as const),
  ...([[0, 1], [2, 3], [4, 5], [6, 8], [7, 9], [10, 11], [12, 13], [14, 15]] as const),
  ...([[0, 2], [1, 3], [4, 10], [5, 11], [6, 7], [8, 9], [12, 14], [13, 15]] as const),
  ...([[1, 2], [3, 12], [4, 6], [5, 7], [8, 10], [9, 11], [13, 14]] as const),
  ...([[1, 4], [2, 6], [5, 8], [7, 10], [9, 13], [11, 14]] as const),
  ...([[2, 4], [3, 6], [9, 12], [11, 13]] as const),
  ...([[3, 5], [6, 8], [7, 9], [10, 12]] as const),
  ...([[3, 4], [5, 6], [7, 8], [9, 10], [11, 12]] as const),
  ...([[6, 7], [8, 9]] as const),
];

/** A network of n wires that ends with every rank from `first` to `last` on a known wire; the others are lost. */
export function selectionNetwork(n: number, first = 0, last = n - 1): SelectionNetwork {
  const pairs: Pair[] = [];
  const order = sort(range(0, n), pairs);
  return prune(n, pairs, new Map(range(first, last + 1).map((rank) => [rank, present(order[rank], 'rank')])));
}

function range(start: number, end: number): number[] {
  return Array.from({ length: end - start }, (_, i) => start + i);
}

/** Appends comparators that sort the wires; returns the wires in ascending order of what they then carry. */
function sort(wires: readonly number[], pairs: Pair[]): readonly number[] {
  if (wires.length <= 1) return wires;
  if (wires.length === 16) {
    for (const [low, high] of GREEN_16) pairs.push([wires[low]!, wires[high]!]);
    return wires;
  }
  const half = Math.ceil(wires.length / 2);
  return merge(sort(wires.slice(0, half), pairs), sort(wires.slice(half), pairs), pairs);
}

function merge(a: readonly number[], b: readonly number[], pairs: Pair[]): readonly number[] {
  if (a.length === 0) return b;
  if (b.length === 0) return a;
  if (a.length === 1 && b.length === 1) {
    pairs.push([a[0]!, b[0]!]);
    return [a[0]!, b[0]!];
  }
  const evens = merge(everySecond(a, 0), everySecond(b, 0), pairs);
  const odds = merge(everySecond(a, 1), everySecond(b, 1), pairs);
  const merged = [evens[0]!];
  for (let i = 0; i < Math.max(odds.length, evens.length - 1); i++) {
    const odd = odds[i];
    const even = evens[i + 1];
    if (odd !== undefined && even !== undefined) pairs.push([odd, even]);
    if (odd !== undefined) merged.push(odd);
    if (even !== undefined) merged.push(even);
  }
  return merged;
}

function everySecond(wires: readonly number[], first: 0 | 1): readonly number[] {
  return wires.filter((_, i) => i % 2 === first);
}

function prune(n: number, pairs: readonly Pair[], wireOfRank: ReadonlyMap<number, number>): SelectionNetwork {
  const read = new Set(wireOfRank.values());
  const comparators: Comparator[] = [];
  for (const [low, high] of pairs.toReversed()) {
    const keepsLow = read.has(low);
    const keepsHigh = read.has(high);
    if (!keepsLow && !keepsHigh) continue;
    comparators.push({ low, high, keepsLow, keepsHigh });
    read.add(low).add(high);
  }
  return { n, comparators: comparators.reverse(), wireOfRank };
}
