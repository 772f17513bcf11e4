/**
 * The lengths of the bodies of the newest rounds, in memory: every write would otherwise look up what is there before it.
 * From one round on all is known, since this process wrote it; what is older is read.
 */
import type { Operation } from './key-value.ts';
import { parts } from './keys.ts';

/** Enough for what is written again: a round's own body, then with the list of its round; a step back. */
const ROUNDS_KEPT = 64;

export class NewestSizes {
  private readonly sizes = new Map<string, number>();
  /** Of rounds from here on, what is not in `sizes` is not on the disk. */
  private from: number;
  private newest: number;

  /** `keys`: the indices of sizes that are on the disk. */
  constructor(keys: readonly string[]) {
    this.newest = keys.reduce((last, key) => Math.max(last, roundOf(key)), -1);
    this.from = this.newest + 1;
  }

  /** 0 where there is none; undefined where the disk is to be asked. */
  at(key: string): number | undefined {
    return roundOf(key) < this.from ? undefined : (this.sizes.get(key) ?? 0);
  }

  /** After the write. */
  wrote(operation: Operation, size: number): void {
    const round = roundOf(operation.key);
    if (round < this.from) return;
    if (operation.type === 'put') this.sizes.set(operation.key, size);
    else this.sizes.delete(operation.key);
    if (round <= this.newest) return;
    this.newest = round;
    if (round - this.from < 2 * ROUNDS_KEPT) return;
    this.from = round - ROUNDS_KEPT;
    for (const key of this.sizes.keys()) if (roundOf(key) < this.from) this.sizes.delete(key);
  }
}

function roundOf(key: string): number {
  return Number.parseInt(parts(key)[0], 16);
}
