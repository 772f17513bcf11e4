/**
 * Named float32 vectors and float64 numbers as canonical bytes: entries sorted by name (code units), little-endian.
 * Per entry: name length (u16), name (UTF-8), tag (u8: 0 number, 1 vector), then the number (f64) or the vector's
 * length (u32) and its values (f32). For checkpoints, worker memories and digests.
 */
import { concatBytes, utf8 } from './bytes.ts';
import { littleEndianBytes, readLittleEndian } from './little-endian.ts';
import { sharedFloats } from './shared-memory.ts';

const NUMBER_TAG = 0;
const VECTOR_TAG = 1;

export function encodeNamedArrays(entries: ReadonlyMap<string, Float32Array | number>): Uint8Array {
  return concatBytes(...namedArrayPieces(entries));
}

/**
 * The same bytes in pieces: on a little-endian host a vector's piece is a view of it, so that what is hashed or written
 * need not be copied.
 */
export function namedArrayPieces(entries: ReadonlyMap<string, Float32Array | number>): Uint8Array[] {
  const sorted = [...entries].sort(([a], [b]) => (a < b ? -1 : 1));
  return sorted.flatMap(([name, value]) => {
    const label = utf8(name);
    const isNumber = typeof value === 'number';
    const head = new Uint8Array(2 + label.length + 1 + (isNumber ? 8 : 4));
    const view = new DataView(head.buffer);
    view.setUint16(0, label.length, true);
    head.set(label, 2);
    const at = 2 + label.length;
    view.setUint8(at, isNumber ? NUMBER_TAG : VECTOR_TAG);
    if (isNumber) {
      view.setFloat64(at + 1, value, true);
      return [head];
    }
    view.setUint32(at + 1, value.length, true);
    return [head, littleEndianBytes(value)];
  });
}

/** The entries, with vectors of their own that threads share; or undefined where the bytes are not exactly what `encodeNamedArrays` writes. */
export function decodeNamedArrays(bytes: Uint8Array): Map<string, Float32Array | number> | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const entries = new Map<string, Float32Array | number>();
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let previous: string | undefined;
  let at = 0;
  try {
    while (at < bytes.length) {
      const nameLength = view.getUint16(at, true);
      if (at + 2 + nameLength > bytes.length) return undefined;
      const name = decoder.decode(bytes.subarray(at + 2, at + 2 + nameLength));
      if (previous !== undefined && name <= previous) return undefined;
      previous = name;
      at += 2 + nameLength;
      const tag = view.getUint8(at);
      if (tag === NUMBER_TAG) {
        entries.set(name, view.getFloat64(at + 1, true));
        at += 9;
      } else if (tag === VECTOR_TAG) {
        const length = view.getUint32(at + 1, true);
        if (at + 5 + 4 * length > bytes.length) return undefined;
        const vector = sharedFloats(length);
        readLittleEndian(vector, bytes, at + 5);
        entries.set(name, vector);
        at += 5 + 4 * length;
      } else {
        return undefined;
      }
    }
  } catch {
    return undefined; // past the end, or a name that is no UTF-8
  }
  return entries;
}
