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
  private position = 0;
  /** Set once a read went past the end; such reads return 0. */
  overrun = false;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  read(count: number): number {
    if (this.position + count > this.bytes.length * 8) {
      this.overrun = true;
      return 0;
    }
    let value = 0;
    for (let left = count; left > 0;) {
      const free = 8 - (this.position & 7);
      const taken = Math.min(free, left);
      const byte = this.bytes[this.position >>> 3] as number;
      value = (value << taken) | ((byte >>> (free - taken)) & ((1 << taken) - 1));
      this.position += taken;
      left -= taken;
    }
    return value >>> 0;
  }

  /** Bytes touched so far. */
  get byteLength(): number {
    return (this.position + 7) >>> 3;
  }

  /** Whether the rest of the last touched byte is zero, as the writer leaves it. */
  get paddedWithZeros(): boolean {
    const used = this.position & 7;
    return used === 0 || ((this.bytes[this.position >>> 3] as number) & (0xff >>> used)) === 0;
  }
}

/** Bits that distinguish `values` values. */
export function bitsFor(values: number): number {
  let bits = 0;
  while (2 ** bits < values) bits += 1;
  return bits;
}
