/** Bits in order, most significant first within a byte; the reader never passes the end of what it was given. */

export class BitWriter {
  private readonly bytes: Uint8Array;
  private position = 0;

  constructor(maxBytes: number) {
    this.bytes = new Uint8Array(maxBytes);
  }

  /** The lowest `count` bits of `value`, count at most 32. */
  write(value: number, count: number): void {
    for (let left = count; left > 0;) {
      const free = 8 - (this.position & 7);
      const taken = Math.min(free, left);
      const chunk = (value >>> (left - taken)) & ((1 << taken) - 1);
      this.bytes[this.position >>> 3] =
        (this.bytes[this.position >>> 3] as number) | (chunk << (free - taken));
      this.position += taken;
      left -= taken;
    }
  }

  /** The bytes written so far; the last one is filled up with zero bits. */
  finish(): Uint8Array {
    return this.bytes.subarray(0, (this.position + 7) >>> 3);
  }
}

export class BitReader {
  private readonly bytes: Uint8Array;
  /** The byte that is read next and how many of its bits are read. */
  private at = 0;
  private used = 0;
  /** Set once a read went past the end; such reads return 0. */
  overrun = false;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  /** The next `count` bits, count at most 32. */
  read(count: number): number {
    if (count > this.left) {
      this.overrun = true;
      return 0;
    }
    if (count === 0) return 0;
    const value = this.peek() >>> (32 - count);
    this.skip(count);
    return value;
  }

  /** The number of ones before the next zero, which is read too. */
  readUnary(): number {
    for (let ones = 0; ; ones += 32) {
      const run = Math.clz32(~this.peek());
      if (run < 32 && run < this.left) {
        this.skip(run + 1);
        return ones + run;
      }
      if (this.left <= 32) {
        this.overrun = true;
        return 0;
      }
      this.skip(32);
    }
  }

  private get left(): number {
    return (this.bytes.length - this.at) * 8 - this.used;
  }

  /** 32 bits from here on; zeros past the end. */
  private peek(): number {
    const { bytes, at, used } = this;
    if (at + 5 > bytes.length) return this.peekNearEnd();
    const high = (bytes[at] as number) << 24;
    const middle = ((bytes[at + 1] as number) << 16) | ((bytes[at + 2] as number) << 8);
    const word = high | middle | (bytes[at + 3] as number);
    return (word << used) | ((bytes[at + 4] as number) >>> (8 - used));
  }

  private peekNearEnd(): number {
    const { bytes, at, used } = this;
    let word = 0;
    for (let i = 0; i < 4; i++) word = (word << 8) | (bytes[at + i] ?? 0);
    return (word << used) | ((bytes[at + 4] ?? 0) >>> (8 - used));
  }

  private skip(count: number): void {
    const used = this.used + count;
    this.at += used >>> 3;
    this.used = used & 7;
  }

  /** Bytes touched so far. */
  get byteLength(): number {
    return this.at + (this.used > 0 ? 1 : 0);
  }

  /** Whether the rest of the last touched byte is zero, as the writer leaves it. */
  get paddedWithZeros(): boolean {
    return this.used === 0 || ((this.bytes[this.at] as number) & (0xff >>> this.used)) === 0;
  }
}

/** Bits that distinguish `values` values. */
export function bitsFor(values: number): number {
  let bits = 0;
  while (2 ** bits < values) bits += 1;
  return bits;
}
