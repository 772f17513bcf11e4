/**
 * SHA-256 (FIPS 180-4) with domain separation: every digest that peers compare starts with a tag and frames each part
 * by kind and length, so that no two different lists of parts hash the same bytes.
 */
import { createHash } from 'node:crypto';
import { assert } from '../foundation/assert.ts';
import { utf8 } from '../foundation/bytes.ts';

/** SHA-256 as 64 lower-case hexadecimal digits. */
export type Digest = string;

export type HashPart = Uint8Array | string | number;

export const DIGEST_BYTES = 32;

/** The plain SHA-256 of the bytes, as 32 bytes. */
export function sha256(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(createHash('sha256').update(bytes).digest());
}

/** 32 bytes for a tag and parts; a number is a non-negative safe integer. */
export function hashOf(tag: string, ...parts: readonly HashPart[]): Uint8Array {
  return new Uint8Array(framed(tag, parts).digest());
}

/** `hashOf` as text. */
export function digestOf(tag: string, ...parts: readonly HashPart[]): Digest {
  return framed(tag, parts).digest('hex');
}

export function isDigest(text: string): text is Digest {
  return /^[0-9a-f]{64}$/.test(text);
}

const KIND_BYTES = 0;
const KIND_TEXT = 1;
const KIND_INTEGER = 2;
const FRAME_BYTES = 9;

function framed(tag: string, parts: readonly HashPart[]): ReturnType<typeof createHash> {
  const hash = createHash('sha256');
  for (const part of [tag, ...parts]) {
    const frame = Buffer.alloc(FRAME_BYTES);
    if (typeof part === 'number') {
      assert(Number.isSafeInteger(part) && part >= 0, `hash part ${part} is no non-negative safe integer`);
      frame[0] = KIND_INTEGER;
      frame.writeBigUInt64BE(BigInt(part), 1);
      hash.update(frame);
      continue;
    }
    const bytes = typeof part === 'string' ? utf8(part) : part;
    frame[0] = typeof part === 'string' ? KIND_TEXT : KIND_BYTES;
    frame.writeBigUInt64BE(BigInt(bytes.length), 1);
    hash.update(frame).update(bytes);
  }
  return hash;
}
