/**
 * Which examples a worker uses in a round: a pure function, so a restarted worker draws the batch it would have drawn,
 * and no order is kept anywhere. `epochs` walks through the shard in a new random order each pass, without
 * replacement; a batch that passes the end goes on in the next order. `replacement` draws independently.
 */
import { SeededRandom, type Seed } from '../../foundation/seeded-random.ts';

export type Sampling = 'epochs' | 'replacement';

/** `batchSize` members of a shard that is not empty. */
export function batchIndices(
  shard: ArrayLike<number>,
  batchSize: number,
  seed: Seed,
  worker: string | number,
  round: number,
  sampling: Sampling = 'epochs',
): Int32Array {
  if (sampling === 'replacement') {
    const random = new SeededRandom(seed, 'batch', worker, round);
    return Int32Array.from({ length: batchSize }, () => shard[random.nextBelow(shard.length)] as number);
  }
  const batch = new Int32Array(batchSize);
  let order: RandomOrder | undefined;
  let orderEpoch = -1;
  for (let i = 0; i < batchSize; i++) {
    const position = round * batchSize + i;
    const epoch = Math.floor(position / shard.length);
    if (order === undefined || epoch !== orderEpoch) {
      order = new RandomOrder(shard.length, new SeededRandom(seed, 'epoch', worker, epoch));
      orderEpoch = epoch;
    }
    batch[i] = shard[order.at(position % shard.length)] as number;
  }
  return batch;
}

const FEISTEL_ROUNDS = 8;

/**
 * A random order of 0 .. n - 1 of which any place can be asked for at no cost: a Feistel network on the next power of
 * four, walked until it lands below n (Black and Rogaway, Ciphers with Arbitrary Finite Domains, 2002).
 */
export class RandomOrder {
  private readonly n: number;
  private readonly halfBits: number;
  private readonly keys: Uint32Array;

  /** n is from 1 to 2^31. */
  constructor(n: number, random: SeededRandom) {
    this.n = n;
    let halfBits = 1;
    while (4 ** halfBits < n) halfBits++;
    this.halfBits = halfBits;
    this.keys = Uint32Array.from({ length: FEISTEL_ROUNDS }, () => random.nextUint32());
  }

  /** What stands at a place of the order. */
  at(place: number): number {
    let value = place;
    do value = this.encrypt(value);
    while (value >= this.n);
    return value;
  }

  private encrypt(value: number): number {
    const mask = (1 << this.halfBits) - 1;
    let left = value >>> this.halfBits;
    let right = value & mask;
    for (const key of this.keys) {
      const next = left ^ (mix(right, key) & mask);
      left = right;
      right = next;
    }
    return left * (mask + 1) + right;
  }
}

/** The finaliser of MurmurHash3 over a half and a key. */
function mix(half: number, key: number): number {
  let h = Math.imul(half + 1, 0x9e3779b1) ^ key;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
