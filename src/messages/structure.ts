/**
 * Reads the structure of CBOR (RFC 8949, section 3) without making anything of it: heads and lengths only. A codec walks
 * it over a stranger's bytes before they are decoded, so what is decoded has the shape that this kind of message can
 * have, within its bounds, and costs in proportion to it. Whether the encoding is canonical the decoder checks.
 */

/** Thrown by the walk and by decoders; `decodeExactly` turns it into undefined. */
export class Malformed extends Error {}

export const UNSIGNED = 0;
export const BYTES = 2;
export const TEXT = 3;
export const ARRAY = 4;
const SIMPLE = 7;
const FALSE = 20;
const TRUE = 21;
const NULL = 22;

export class Structure {
  private at = 0;
  private readonly bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  get isAtEnd(): boolean {
    return this.at === this.bytes.length;
  }

  /** The argument of the next head, which must be of this major type and no more than `most`. */
  head(major: number, most: number): number {
    const first = this.bytes[this.at];
    if (first === undefined || first >> 5 !== major) throw new Malformed('type');
    this.at += 1;
    const value = this.argument(first & 31);
    if (value > most) throw new Malformed('length');
    return value;
  }

  /** Passes over a string of bytes or text of at most so many bytes. */
  string(major: typeof BYTES | typeof TEXT, most: number): void {
    const length = this.head(major, most);
    if (length > this.bytes.length - this.at) throw new Malformed('end');
    this.at += length;
  }

  /** Passes over a null, if that is what comes next. */
  isNull(): boolean {
    if (this.bytes[this.at] !== ((SIMPLE << 5) | NULL)) return false;
    this.at += 1;
    return true;
  }

  flag(): void {
    const next = this.bytes[this.at];
    if (next !== ((SIMPLE << 5) | FALSE) && next !== ((SIMPLE << 5) | TRUE)) throw new Malformed('flag');
    this.at += 1;
  }

  private argument(info: number): number {
    if (info < 24) return info;
    if (info > 27) throw new Malformed('indefinite or reserved');
    let value = 0;
    for (let i = 0; i < 1 << (info - 24); i++) {
      const byte = this.bytes[this.at];
      if (byte === undefined) throw new Malformed('end');
      this.at += 1;
      value = value * 256 + byte;
    }
    return value;
  }
}
