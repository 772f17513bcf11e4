/**
 * NumPy's .npy format (numpy.lib.format, versions 1.0 to 3.0), as far as vectors and matrices of floats need it:
 * little-endian float32 and float64 in C order. Everything else is refused by name.
 */
import { endianness } from 'node:os';
import { assert } from '../foundation/assert.ts';
import { bytesOf } from '../foundation/bytes.ts';
import { OperatorError } from '../foundation/operator-error.ts';
import { openBinaryFile, PartialFile, type BinarySource } from './binary-file.ts';

assert(endianness() === 'LE', 'the byte order of files is the byte order of this machine');

export type NpyDtype = 'float32' | 'float64';

export interface NpyFile {
  readonly path: string;
  readonly dtype: NpyDtype;
  readonly shape: readonly number[];
  /** Offset of the first value. */
  readonly offset: number;
  readonly source: BinarySource;
}

const MAGIC = '\x93NUMPY';
/** numpy writes 128 bytes or less for an array of two dimensions. */
const LONGEST_HEADER_BYTES = 65_536;
const ITEM_BYTES = { float32: 4, float64: 8 } as const;

export function itemBytes(dtype: NpyDtype): number {
  return ITEM_BYTES[dtype];
}

/** Opens a file and checks its header against its size. The caller closes `source`. */
export function openNpy(path: string): NpyFile {
  const source = openBinaryFile(path);
  try {
    return readHeader(source);
  } catch (error) {
    source.close();
    throw error;
  }
}

function readHeader(source: BinarySource): NpyFile {
  const path = source.name;
  const start = new Uint8Array(Math.min(12, source.size));
  source.read(0, start);
  const latin1 = new TextDecoder('latin1');
  if (latin1.decode(start.subarray(0, 6)) !== MAGIC || start.length < 12) {
    throw new OperatorError(`${path} is no .npy file`);
  }
  const version = start[6] as number;
  if (version < 1 || version > 3) throw new OperatorError(`${path} has the unknown .npy version ${version}`);
  const view = new DataView(start.buffer);
  const headerStart = version === 1 ? 10 : 12;
  const length = version === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
  if (length > LONGEST_HEADER_BYTES || headerStart + length > source.size) {
    throw new OperatorError(`${path} is no .npy file: its header of ${length} bytes does not fit`);
  }
  const header = new Uint8Array(length);
  source.read(headerStart, header);
  const text = latin1.decode(header);
  const dtype = dtypeOf(text, path);
  if (field(text, 'fortran_order', /True|False/, path) === 'True') {
    throw new OperatorError(`${path} is in Fortran order; save it in C order (numpy.ascontiguousarray)`);
  }
  const shape = shapeOf(text, path);
  const offset = headerStart + length;
  const end = offset + shape.reduce((product, size) => product * size, ITEM_BYTES[dtype]);
  if (end !== source.size) {
    throw new OperatorError(`${path} has ${source.size} bytes, but its shape needs ${end}`);
  }
  return { path, dtype, shape, offset, source };
}

function field(header: string, name: string, value: RegExp, path: string): string {
  const match = new RegExp(`['"]${name}['"]\\s*:\\s*(${value.source})`).exec(header);
  if (match === null) throw new OperatorError(`${path} has no readable ${name} in its .npy header`);
  return match[1] as string;
}

function dtypeOf(header: string, path: string): NpyDtype {
  const descr = field(header, 'descr', /'[^']*'|"[^"]*"|\[[^\]]*\]/, path);
  if (/^['"]<f4['"]$/.test(descr)) return 'float32';
  if (/^['"]<f8['"]$/.test(descr)) return 'float64';
  throw new OperatorError(`${path} must hold float32 or float64 ('<f4' or '<f8'), got ${descr}`);
}

function shapeOf(header: string, path: string): number[] {
  const tuple = field(header, 'shape', /\([0-9, ]*\)/, path);
  const shape = tuple
    .slice(1, -1)
    .split(',')
    .map((size) => size.trim())
    .filter((size) => size !== '')
    .map(Number);
  if (!shape.every(Number.isSafeInteger))
    throw new OperatorError(`${path} has the unreadable shape ${tuple}`);
  return shape;
}

const CHUNK_VALUES = 65_536;

/** Reads values first .. first + into.length - 1 of the array in C order; float64 is rounded to float32. */
export function readNpyFloats(file: NpyFile, first: number, into: Float32Array): void {
  if (file.dtype === 'float32') {
    file.source.read(file.offset + 4 * first, bytesOf(into));
    return;
  }
  const chunk = new Float64Array(Math.min(CHUNK_VALUES, into.length));
  for (let start = 0; start < into.length; start += CHUNK_VALUES) {
    const values = chunk.subarray(0, Math.min(CHUNK_VALUES, into.length - start));
    file.source.read(file.offset + 8 * (first + start), bytesOf(values));
    into.set(values, start);
  }
}

/** A whole vector of one dimension as float64. */
export function readNpyVector(path: string): Float64Array {
  const file = openNpy(path);
  try {
    if (file.shape.length !== 1) {
      throw new OperatorError(`${path} must hold one dimension, got ${file.shape.length}`);
    }
    const length = file.shape[0] as number;
    const values = file.dtype === 'float64' ? new Float64Array(length) : new Float32Array(length);
    file.source.read(file.offset, bytesOf(values));
    return Float64Array.from(values);
  } finally {
    file.source.close();
  }
}

/** Writes an array in C order piece by piece; `finish` puts the file in its place. */
export class NpyWriter {
  private readonly file: PartialFile;
  private readonly dtype: NpyDtype;
  private missing: number;

  constructor(path: string, dtype: NpyDtype, shape: readonly number[]) {
    this.dtype = dtype;
    this.missing = shape.reduce((product, size) => product * size, 1);
    this.file = new PartialFile(path);
    this.file.write(encodeNpyHeader(dtype, shape));
  }

  write(values: Float32Array): void {
    this.missing -= values.length;
    this.file.write(this.dtype === 'float32' ? values : Float64Array.from(values));
  }

  finish(): void {
    assert(this.missing === 0, `${this.missing} values of the array are missing`);
    this.file.finish();
  }

  abandon(): void {
    this.file.abandon();
  }
}

export function encodeNpyHeader(dtype: NpyDtype, shape: readonly number[]): Uint8Array {
  const tuple = `(${shape.map((size) => `${size},`).join(' ')})`.replace(
    /,\)$/,
    shape.length === 1 ? ',)' : ')',
  );
  const dict = `{'descr': '${dtype === 'float32' ? '<f4' : '<f8'}', 'fortran_order': False, 'shape': ${tuple}, }`;
  const length = 64 * Math.ceil((10 + dict.length + 1) / 64); // the data start aligned
  const bytes = new Uint8Array(length).fill(0x20);
  bytes.set([...MAGIC].map((c) => c.charCodeAt(0)));
  bytes.set([1, 0], 6);
  new DataView(bytes.buffer).setUint16(8, length - 10, true);
  bytes.set(new TextEncoder().encode(dict), 10);
  bytes[length - 1] = 0x0a;
  return bytes;
}
