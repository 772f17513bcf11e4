/**
 * The project's own seeded generator: xoshiro128** 1.1 (Blackman and Vigna, 2018) under a SHA-256 key schedule.
 * Every draw is the same on every machine: integer arithmetic, + - * / sqrt and exactLog only. It decides initial
 * parameters, shards, batches, masks and simulated faults; nothing secret may come from it.
 */
import { createHash } from 'node:crypto';
import { exactLog } from './exact-math.ts';
import type { GeneratorState } from './jump-ahead.ts';

export type Seed = Uint8Array | string | number;

export class SeededRandom {
  private a: number;
  private b: number;
  private c: number;
  private d: number;
  private spareNormal: number | undefined;

  /** A generator for a seed and a path of labels; other labels give an independent stream. */
  constructor(seed: Seed, ...labels: readonly (string | number)[]) {
    const hash = createHash('sha256').update('synod-random');
    for (const part of [seed, ...labels]) {
      const bytes = part instanceof Uint8Array ? part : Buffer.from(`${typeof part}:${part}`);
      hash.update(Uint32Array.of(bytes.length)).update(bytes);
    }
    const key = hash.digest();
    this.a = key.readUInt32LE(0);
    this.b = key.readUInt32LE(4);
    this.c = key.readUInt32LE(8);
    this.d = key.readUInt32LE(12) | 1; // the all-zero state is the one fixed point
  }

  /** The four words that the next draw comes from; kernels and jump-ahead.ts go on from them. */
  get state(): GeneratorState {
    return [this.a, this.b, this.c, this.d];
  }

  /** Uniform in 0 .. 2^32 - 1. */
  nextUint32(): number {
    const s1 = this.b;
    const r = Math.imul(s1, 5);
    const result = Math.imul((r << 7) | (r >>> 25), 9) >>> 0;
    const t = s1 << 9;
    this.c ^= this.a;
    this.d ^= s1;
    this.b ^= this.c;
    this.a ^= this.d;
    this.c ^= t;
    this.d = (this.d << 11) | (this.d >>> 21);
    return result;
  }

  /** Uniform in [0, 1) with 53 bits. */
  next(): number {
    const high = this.nextUint32() >>> 5;
    const low = this.nextUint32() >>> 6;
    return (high * 67108864 + low) / 9007199254740992;
  }

  /** Uniform integer in 0 .. bound - 1, without modulo bias; bound is a positive integer up to 2^32. */
  nextBelow(bound: number): number {
    if (!(Number.isInteger(bound) && bound > 0 && bound <= 2 ** 32)) throw new RangeError(`bound ${bound}`);
    const limit = 2 ** 32 - (2 ** 32 % bound);
    for (;;) {
      const draw = this.nextUint32();
      if (draw < limit) return draw % bound;
    }
  }

  /** Standard normal, by Marsaglia's polar method. */
  nextNormal(): number {
    if (this.spareNormal !== undefined) {
      const spare = this.spareNormal;
      this.spareNormal = undefined;
      return spare;
    }
    for (;;) {
      const u = 2 * this.next() - 1;
      const v = 2 * this.next() - 1;
      const s = u * u + v * v;
      if (s >= 1 || s === 0) continue;
      const scale = Math.sqrt((-2 * exactLog(s)) / s);
      this.spareNormal = v * scale;
      return u * scale;
    }
  }

  /** Shuffles in place (Fisher-Yates) and returns the same array. */
  shuffle<T>(items: T[]): T[] {
    for (let i = items.length - 1; i > 0; i--) {
      const j = this.nextBelow(i + 1);
      [items[i], items[j]] = [items[j] as T, items[i] as T];
    }
    return items;
  }

  /** `count` distinct integers of 0 .. n - 1, in random order. */
  sample(n: number, count: number): number[] {
    if (count > n) throw new RangeError(`sample of ${count} from ${n}`);
    const moved = new Map<number, number>();
    return Array.from({ length: count }, (_, i) => {
      const j = i + this.nextBelow(n - i);
      const picked = moved.get(j) ?? j;
      moved.set(j, moved.get(i) ?? i);
      return picked;
    });
  }
}
