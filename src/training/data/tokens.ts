/**
 * The tokens of a text at any place. In memory they are an array; for a file on disk only the byte offset of every
 * 4096th character is kept, and a window is decoded from there.
 */
import { invalidField } from '../../foundation/operator-error.ts';
import type { ByteSource } from './byte-source.ts';

export interface TokenSource {
  readonly length: number;
  readonly vocabulary: readonly string[];
  /** Tokens [at, at + count), valid until the next call. */
  read(at: number, count: number): Int32Array | Uint16Array;
}

const MARK_CHARACTERS = 4096;
const SCAN_BYTES = 2 ** 20;
const LONGEST_CHARACTER_BYTES = 4;
const MOST_TOKENS = 65_536;

export function openTokens(
  source: ByteSource,
  kind: 'characters' | 'bytes',
  vocabulary: string | undefined,
): TokenSource {
  if (kind === 'bytes') return openByteTokens(source);
  const scan = scanText(source);
  const known =
    vocabulary === undefined ? [...scan.characters].sort((a, b) => a - b) : codePointsOf(vocabulary);
  if (known.length < 2) {
    const rule = 'have two distinct characters or more, or there is nothing to learn';
    throw invalidField(source.path, rule, String.fromCodePoint(...known));
  }
  if (known.length > MOST_TOKENS) {
    throw invalidField(source.path, `have at most ${MOST_TOKENS} distinct characters`, known.length);
  }
  const tokenOf = new Map(known.map((point, token) => [point, token]));
  const stranger = [...scan.characters].find((point) => !tokenOf.has(point));
  if (stranger !== undefined) {
    throw invalidField(source.path, 'have only characters of the vocabulary', String.fromCodePoint(stranger));
  }
  const decodeAt = (at: number, count: number) => decodeWindow(source, scan, at, count, tokenOf);
  const shared = { length: scan.length, vocabulary: known.map((point) => String.fromCodePoint(point)) };
  if (source.streamed) return { ...shared, read: decodeAt };
  const tokens = new Uint16Array(scan.length);
  for (let at = 0; at < scan.length; at += SCAN_BYTES) {
    tokens.set(decodeAt(at, Math.min(SCAN_BYTES, scan.length - at)), at);
  }
  return { ...shared, read: (at, count) => tokens.subarray(at, at + count) };
}

function openByteTokens(source: ByteSource): TokenSource {
  return {
    length: source.length,
    vocabulary: Array.from({ length: 256 }, (_, byte) => String.fromCharCode(byte)),
    read: (at, count) => Int32Array.from(source.read(at, count)),
  };
}

interface TextScan {
  /** In characters. */
  readonly length: number;
  readonly characters: ReadonlySet<number>;
  /** Byte offset of the characters 0, 4096, 8192, ... */
  readonly marks: Float64Array;
}

/** One pass: counts characters, collects the distinct ones and refuses what is not UTF-8. */
function scanText(source: ByteSource): TextScan {
  const characters = new Set<number>();
  const marks: number[] = [];
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  let length = 0;
  let byteOffset = 0;
  for (let offset = 0; offset < source.length; offset += SCAN_BYTES) {
    const isLast = offset + SCAN_BYTES >= source.length;
    const bytes = source.read(offset, Math.min(SCAN_BYTES, source.length - offset));
    for (const character of decodePiece(decoder, bytes, !isLast, source.path)) {
      const point = character.codePointAt(0) as number;
      if (length % MARK_CHARACTERS === 0) marks.push(byteOffset);
      characters.add(point);
      byteOffset += utf8Length(point);
      length++;
    }
  }
  if (length === 0) throw invalidField(source.path, 'have a character', 'an empty file');
  return { length, characters, marks: Float64Array.from(marks) };
}

function decodePiece(decoder: TextDecoder, bytes: Uint8Array, stream: boolean, path: string): string {
  try {
    return decoder.decode(bytes, { stream });
  } catch {
    throw invalidField(path, 'be UTF-8 text (or set tokens: bytes)', 'other bytes');
  }
}

function decodeWindow(
  source: ByteSource,
  scan: TextScan,
  at: number,
  count: number,
  tokenOf: ReadonlyMap<number, number>,
): Int32Array {
  const mark = Math.floor(at / MARK_CHARACTERS);
  const start = scan.marks[mark] as number;
  const skip = at - mark * MARK_CHARACTERS;
  const length = Math.min(source.length - start, (skip + count) * LONGEST_CHARACTER_BYTES);
  const bytes = source.read(start, length);
  const tokens = new Int32Array(count);
  let offset = 0;
  for (let i = 0; i < skip; i++) offset += sequenceLength(bytes[offset] as number);
  for (let i = 0; i < count; i++) {
    const size = sequenceLength(bytes[offset] as number);
    tokens[i] = tokenOf.get(codePointAt(bytes, offset, size)) as number;
    offset += size;
  }
  return tokens;
}

/** Bytes of the character that begins with this byte; the text is known to be UTF-8. */
function sequenceLength(first: number): number {
  return first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
}

function codePointAt(bytes: Uint8Array, offset: number, size: number): number {
  const first = bytes[offset] as number;
  if (size === 1) return first;
  let point = first & (0x7f >> size);
  for (let i = 1; i < size; i++) point = (point << 6) | ((bytes[offset + i] as number) & 0x3f);
  return point;
}

function utf8Length(point: number): number {
  return point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
}

function codePointsOf(text: string): number[] {
  return [...text].map((character) => character.codePointAt(0) as number);
}
