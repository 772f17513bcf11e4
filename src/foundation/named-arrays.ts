/**
 * Named float32 vectors and float64 numbers as canonical bytes: entries sorted by name (code units), little-endian.
 * Per entry: name length (u16), name (UTF-8), tag (u8: 0 number, 1 vector), then the number (f64) or the vector's
 * length (u32) and its values (f32). For checkpoints, worker memories and digests.
 */
import { utf8 } from './bytes.ts';

const NUMBER_TAG = 0;
const VECTOR_TAG = 1;

export function encodeNamedArrays(entries: ReadonlyMap<string, Float32Array | number>): Uint8Array {
  const sorted = [...entries]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => ({ name: utf8(name), value }));
  let length = 0;
  for (const { name, value } of sorted)
    length += 3 + name.length + (typeof value === 'number' ? 8 : 4 + 4 * value.length);
  const bytes = new Uint8Array(length);
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const { name, value } of sorted) {
    view.setUint16(at, name.length, true);
    bytes.set(name, at + 2);
    at += 2 + name.length;
    if (typeof value === 'number') {
      view.setUint8(at, NUMBER_TAG);
      view.setFloat64(at + 1, value, true);
      at += 9;
    } else {
      view.setUint8(at, VECTOR_TAG);
      view.setUint32(at + 1, value.length, true);
      at = writeFloats(view, at + 5, value);
    }
  }
  return bytes;
}

/** The entries, or undefined where the bytes are not exactly what `encodeNamedArrays` writes. */
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
        const values = new Float32Array(length);
        for (let i = 0; i < length; i++) values[i] = view.getFloat32(at + 5 + 4 * i, true);
        entries.set(name, values);
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

function writeFloats(view: DataView, at: number, values: Float32Array): number {
  for (let i = 0; i < values.length; i++) view.setFloat32(at + 4 * i, values[i] as number, true);
  return at + 4 * values.length;
}
