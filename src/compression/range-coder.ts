/**
 * An adaptive binary range coder (Martin 1979; the carry handling of LZMA), integer arithmetic only. Each context is a
 * 15-bit probability that moves by 1/32 of the way to each coded bit. Within about 1 % of the entropy once warm.
 */

const PROBABILITY_BITS = 15;
const HALF = 1 << (PROBABILITY_BITS - 1);
const ADAPTATION_SHIFT = 5;
const RANGE_FLOOR = 2 ** 24;
const TOP = 2 ** 32;

/** A set of contexts, all at one half. */
export function createContexts(count: number): Uint16Array {
  return new Uint16Array(count).fill(HALF);
}

export class RangeEncoder {
  private readonly bytes: number[] = [];
  private low = 0; // below 2^33
  private range = TOP - 1;
  private cache = 0;
  private pending = 0; // 0xff bytes that a carry would still turn
  private started = false;

  encode(contexts: Uint16Array, context: number, bit: 0 | 1): void {
    const probability = contexts[context] as number;
    const bound = Math.floor(this.range / (1 << PROBABILITY_BITS)) * probability;
    if (bit === 0) {
      this.range = bound;
      contexts[context] = probability + (((1 << PROBABILITY_BITS) - probability) >>> ADAPTATION_SHIFT);
    } else {
      this.low += bound;
      this.range -= bound;
      contexts[context] = probability - (probability >>> ADAPTATION_SHIFT);
    }
    while (this.range < RANGE_FLOOR) {
      this.range *= 256;
      this.shiftLow();
    }
  }

  /** A bit of probability one half. */
  encodeRaw(bit: 0 | 1): void {
    this.range = Math.floor(this.range / 2);
    if (bit === 1) this.low += this.range;
    while (this.range < RANGE_FLOOR) {
      this.range *= 256;
      this.shiftLow();
    }
  }

  finish(): Uint8Array {
    for (let i = 0; i < 5; i++) this.shiftLow();
    // trailing zeros are implied: the decoder reads zeros past the end
    let length = this.bytes.length;
    while (length > 0 && this.bytes[length - 1] === 0) length -= 1;
    return Uint8Array.from(this.bytes.slice(0, length));
  }

  private shiftLow(): void {
    if (this.low < 0xff000000 || this.low >= TOP) {
      const carry = this.low >= TOP ? 1 : 0;
      if (this.started) this.bytes.push((this.cache + carry) & 0xff);
      for (; this.pending > 0; this.pending--) this.bytes.push((0xff + carry) & 0xff);
      this.cache = Math.floor(this.low / RANGE_FLOOR) & 0xff;
      this.started = true;
    } else {
      this.pending += 1;
    }
    this.low = (this.low % RANGE_FLOOR) * 256;
  }
}

/** Reads what RangeEncoder wrote; any bytes decode to some bits, reading zeros past the end. */
export class RangeDecoder {
  private readonly bytes: Uint8Array;
  private at = 0;
  private code = 0;
  private range = TOP - 1;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    for (let i = 0; i < 4; i++) this.code = this.code * 256 + this.nextByte();
  }

  decode(contexts: Uint16Array, context: number): 0 | 1 {
    const probability = contexts[context] as number;
    const bound = Math.floor(this.range / (1 << PROBABILITY_BITS)) * probability;
    let bit: 0 | 1;
    if (this.code < bound) {
      this.range = bound;
      contexts[context] = probability + (((1 << PROBABILITY_BITS) - probability) >>> ADAPTATION_SHIFT);
      bit = 0;
    } else {
      this.code -= bound;
      this.range -= bound;
      contexts[context] = probability - (probability >>> ADAPTATION_SHIFT);
      bit = 1;
    }
    this.normalise();
    return bit;
  }

  decodeRaw(): 0 | 1 {
    this.range = Math.floor(this.range / 2);
    const bit = this.code >= this.range ? 1 : 0;
    if (bit === 1) this.code -= this.range;
    this.normalise();
    return bit;
  }

  private normalise(): void {
    while (this.range < RANGE_FLOOR) {
      this.range *= 256;
      this.code = this.code * 256 + this.nextByte();
    }
  }

  private nextByte(): number {
    return this.at < this.bytes.length ? (this.bytes[this.at++] as number) : 0;
  }
}
