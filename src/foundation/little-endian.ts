/** Numbers of a byte string as a typed array: a view where the host and the alignment allow it, a copy elsewhere. */

interface NumberArray<T> {
  new (buffer: ArrayBufferLike, byteOffset: number, length: number): T;
  readonly BYTES_PER_ELEMENT: number;
}

const HOST_IS_LITTLE_ENDIAN = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

/** `count` little-endian numbers from the byte at `offset` on. */
export function littleEndian<T>(Type: NumberArray<T>, bytes: Uint8Array, offset: number, count: number): T {
  const width = Type.BYTES_PER_ELEMENT;
  const start = bytes.byteOffset + offset;
  if (HOST_IS_LITTLE_ENDIAN && start % width === 0) return new Type(bytes.buffer, start, count);
  // not slice: that of a Buffer is no copy but a view, of a pool that others write to
  const copy = new Uint8Array(bytes.subarray(offset, offset + count * width));
  if (!HOST_IS_LITTLE_ENDIAN) reverseEach(copy, width);
  return new Type(copy.buffer, 0, count);
}

/** Fills `out` with the little-endian numbers from the byte at `offset` on. */
export function readLittleEndian(out: Float32Array, bytes: Uint8Array, offset: number): void {
  const copy = new Uint8Array(out.buffer, out.byteOffset, out.byteLength);
  copy.set(bytes.subarray(offset, offset + out.byteLength));
  if (!HOST_IS_LITTLE_ENDIAN) reverseEach(copy, out.BYTES_PER_ELEMENT);
}

/** The values' bytes, least significant first: a view on such hosts, a copy elsewhere. */
export function littleEndianBytes(values: Float32Array | Uint16Array): Uint8Array {
  const view = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  if (HOST_IS_LITTLE_ENDIAN) return view;
  const copy = view.slice();
  reverseEach(copy, values.BYTES_PER_ELEMENT);
  return copy;
}

function reverseEach(bytes: Uint8Array, width: number): void {
  for (let at = 0; at < bytes.length; at += width) bytes.subarray(at, at + width).reverse();
}
