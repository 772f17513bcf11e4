/**
 * SHA-256 (FIPS 180-4) with domain separation: every digest that peers compare starts with a tag and frames each part
 * by kind and length, so that no two different lists of parts hash the same bytes.
 */
import { createHash, hash } from 'node:crypto';
import { assert } from '../foundation/assert.ts';

/** SHA-256 as 64 lower-case hexadecimal digits. */
export type Digest = string;

export type HashPart = Uint8Array | string | number;

/** The plain SHA-256 of the bytes, as 32 bytes. */
export function sha256(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(hash('sha256', bytes, 'buffer'));
}

/** 32 bytes for a tag and parts; a number is a non-negative safe integer. */
export function hashOf(tag: string, ...parts: readonly HashPart[]): Uint8Array {
  return new Uint8Array(framed(tag, parts, 'buffer'));
}

/** `hashOf` as text. */
export function digestOf(tag: string, ...parts: readonly HashPart[]): Digest {
  return framed(tag, parts, 'hex');
}

export function isDigest(text: string): text is Digest {
  return /^[0-9a-f]{64}$/.test(text);
}

const KIND_BYTES = 0;
const KIND_TEXT = 1;
const KIND_INTEGER = 2;
const FRAME_BYTES = 9;
/** The platform's hash takes less than 2 GiB at a time. */
const LONGEST_UPDATE_BYTES = 2 ** 30;

let scratch = Buffer.allocUnsafe(4096);

type Hash = ReturnType<typeof createHash>;

/** From here on a part costs more to copy than a call does. */
const LARGE_PART_BYTES = 65_536;

/** One buffer and one call for what is small: a call per part costs more than the hashing, and so does an object. */
function framed(tag: string, parts: readonly HashPart[], form: 'buffer'): Buffer;
function framed(tag: string, parts: readonly HashPart[], form: 'hex'): string;
function framed(tag: string, parts: readonly HashPart[], form: 'buffer' | 'hex'): Buffer | string {
  let begun: Hash | undefined;
  let end = frameText(0, tag);
  for (const part of parts) {
    if (typeof part === 'number') {
      assert(Number.isSafeInteger(part) && part >= 0, `hash part ${part} is no non-negative safe integer`);
      end = frame(end, KIND_INTEGER, part, 0);
    } else if (typeof part === 'string') {
      end = frameText(end, part);
    } else if (part.length >= LARGE_PART_BYTES) {
      begun ??= createHash('sha256');
      begun.update(scratch.subarray(0, frame(end, KIND_BYTES, part.length, 0)));
      updateByRuns(begun, part);
      end = 0;
    } else {
      const start = frame(end, KIND_BYTES, part.length, part.length);
      scratch.set(part, start);
      end = start + part.length;
    }
  }
  const rest = scratch.subarray(0, end);
  if (begun !== undefined)
    return form === 'hex' ? begun.update(rest).digest('hex') : begun.update(rest).digest();
  return form === 'hex' ? hash('sha256', rest, 'hex') : hash('sha256', rest, 'buffer');
}

function updateByRuns(hash: Hash, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; at += LONGEST_UPDATE_BYTES) {
    hash.update(bytes.subarray(at, at + LONGEST_UPDATE_BYTES));
  }
}

/** Writes a text with its frame at an offset; gives the offset after it. */
function frameText(at: number, text: string): number {
  const length = Buffer.byteLength(text);
  const start = frame(at, KIND_TEXT, length, length);
  scratch.write(text, start);
  return start + length;
}

/** Writes kind and number (64 bits, big endian) at an offset, with room for what follows; gives the offset after it. */
function frame(at: number, kind: number, value: number, room: number): number {
  const end = at + FRAME_BYTES;
  if (end + room > scratch.length) {
    const grown = Buffer.allocUnsafe(2 * (end + room));
    grown.set(scratch);
    scratch = grown;
  }
  scratch[at] = kind;
  scratch.writeUInt32BE(Math.floor(value / 2 ** 32), at + 1);
  scratch.writeUInt32BE(value >>> 0, at + 5);
  return end;
}
