/** The outside of files that would keep readers from what is damaged within: packing, header lengths, check sums. */
import { crc32, gunzipSync, gzipSync } from 'node:zlib';

export type Form = 'plain' | 'gzip' | 'png' | 'npy' | 'safetensors';

const GZIP = Buffer.of(0x1f, 0x8b);
const PNG = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1');
const NPY = Buffer.from('\x93NUMPY', 'latin1');
const SAFETENSORS_LENGTH_BYTES = 8;

/** What is to be damaged of a file, and what it lies in. */
export function opened(file: Uint8Array): { readonly bytes: Uint8Array; readonly form: Form } {
  const bytes = Buffer.from(file.buffer, file.byteOffset, file.byteLength);
  if (bytes.subarray(0, 2).equals(GZIP)) return { bytes: gunzipSync(bytes), form: 'gzip' };
  return { bytes, form: formOf(bytes) };
}

function formOf(bytes: Buffer): Form {
  if (bytes.subarray(0, PNG.length).equals(PNG)) return 'png';
  if (bytes.subarray(0, NPY.length).equals(NPY)) return 'npy';
  return bytes[SAFETENSORS_LENGTH_BYTES] === 0x7b && bytes[SAFETENSORS_LENGTH_BYTES - 1] === 0
    ? 'safetensors'
    : 'plain';
}

export function mended(bytes: Buffer, form: Form): Buffer {
  switch (form) {
    case 'gzip':
      return gzipSync(bytes, { level: 1 });
    case 'png':
      return withSums(bytes);
    case 'npy':
      return withNpyLength(bytes);
    case 'safetensors':
      return withHeaderLength(bytes);
    default:
      return bytes;
  }
}

/** Each chunk is its length, a name of four letters, so many bytes, and the sum of name and bytes. */
function withSums(bytes: Buffer): Buffer {
  const png = Buffer.from(bytes);
  for (let at = PNG.length; at + 12 <= png.length;) {
    const end = at + 8 + png.readUInt32BE(at);
    if (end + 4 > png.length) break;
    png.writeUInt32BE(crc32(png.subarray(at + 4, end)), end);
    at = end + 4;
  }
  return png;
}

/** Version 1 and 2: a length of two bytes, and a header that ends with a line feed. */
function withNpyLength(bytes: Buffer): Buffer {
  const end = bytes.indexOf('\n');
  const start = NPY.length + 4;
  if (end < start || end - start > 0xfffe) return bytes;
  const npy = Buffer.from(bytes);
  npy.writeUInt16LE(end + 1 - start, start - 2);
  return npy;
}

function withHeaderLength(bytes: Buffer): Buffer {
  const text = bytes.toString('latin1', SAFETENSORS_LENGTH_BYTES);
  const length = Math.max(text.lastIndexOf('}}'), text.lastIndexOf('}]')) + 2;
  if (length < 2 || bytes.length < SAFETENSORS_LENGTH_BYTES) return bytes;
  const file = Buffer.from(bytes);
  file.writeBigUInt64LE(BigInt(length), 0);
  return file;
}
