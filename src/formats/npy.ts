/**
 * NumPy's .npy format (numpy.lib.format, versions 1.0 to 3.0), as far as vectors and matrices of floats need it:
 * little-endian float16, float32 and float64 in C order, written in the latter two. Weights may be integers too.
 * Everything else is refused by name, with the line of Python that mends it.
 */
import { endianness } from 'node:os';
import { assert } from '../foundation/assert.ts';
import { bytesOf } from '../foundation/bytes.ts';
import { OperatorError, invalidField } from '../foundation/operator-error.ts';
import { KIND_BYTES, kindOf } from '../files/file-kind.ts';
import { WholeFile } from '../files/whole-file.ts';
import { openBinaryFile, type BinarySource } from './binary-file.ts';
import { widenFloat16 } from './half-floats.ts';
import { readFloats } from './tensor-floats.ts';

assert(endianness() === 'LE', 'the byte order of files is the byte order of this machine');

/** What an array is written in. */
export type NpyDtype = 'float32' | 'float64';
export type NpyFloat = NpyDtype | 'float16';

export interface NpyFile {
  readonly path: string;
  readonly dtype: NpyFloat;
  readonly shape: readonly number[];
  /** Offset of the first value. */
  readonly offset: number;
  readonly source: BinarySource;
}

const MAGIC = '\x93NUMPY';
/** numpy writes 128 bytes or less for an array of two dimensions. */
const LONGEST_HEADER_BYTES = 65_536;
const ITEM_BYTES = { float16: 2, float32: 4, float64: 8 } as const;
const LARGEST_VECTOR = 2 ** 20;

export function itemBytes(dtype: NpyFloat): number {
  return ITEM_BYTES[dtype];
}

/** Opens a file of floats and checks its header against its size. The caller closes `source`. */
export function openNpy(path: string): NpyFile {
  const source = openBinaryFile(path);
  try {
    const { descr, shape, offset } = readHeader(source);
    const dtype = FLOATS.get(descr);
    if (dtype === undefined) {
      throw new OperatorError(`${path} must hold float16, float32 or float64, ${foundInstead(descr)}`);
    }
    checkSize(source, shape, offset, ITEM_BYTES[dtype]);
    return { path, dtype, shape, offset, source };
  } catch (error) {
    source.close();
    throw error;
  }
}

const FLOATS: ReadonlyMap<string, NpyFloat> = new Map([
  ['<f2', 'float16'],
  ['<f4', 'float32'],
  ['<f8', 'float64'],
]);

interface Header {
  /** As numpy writes it, without quotes; a list of fields where the type is structured. */
  readonly descr: string;
  readonly shape: readonly number[];
  readonly offset: number;
}

function readHeader(source: BinarySource): Header {
  const path = source.name;
  const start = new Uint8Array(Math.min(KIND_BYTES, source.size));
  source.read(0, start);
  const latin1 = new TextDecoder('latin1');
  if (latin1.decode(start.subarray(0, 6)) !== MAGIC) {
    const kind = kindOf(start);
    throw new OperatorError(`${path} is no .npy file${kind === undefined ? '' : `: it is ${kind}`}`);
  }
  if (start.length < 12) throw cutOff(source, 12);
  const version = start[6] as number;
  if (version < 1 || version > 3) throw new OperatorError(`${path} has the unknown .npy version ${version}`);
  const view = new DataView(start.buffer);
  const headerStart = version === 1 ? 10 : 12;
  const length = version === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
  if (length > LONGEST_HEADER_BYTES) {
    throw new OperatorError(
      `${path} must have a header of at most ${LONGEST_HEADER_BYTES} bytes, got ${length}`,
    );
  }
  if (headerStart + length > source.size) throw cutOff(source, headerStart + length);
  const header = new Uint8Array(length);
  source.read(headerStart, header);
  const text = latin1.decode(header);
  const descr = field(text, 'descr', /'[^']*'|"[^"]*"|\[[^\]]*\]/, path).replace(/^['"]|['"]$/g, '');
  if (field(text, 'fortran_order', /True|False/, path) === 'True') {
    throw new OperatorError(
      `${path} must be in C order, got Fortran order: np.save(path, np.ascontiguousarray(x)) mends it`,
    );
  }
  return { descr, shape: shapeOf(text, path), offset: headerStart + length };
}

function checkSize(source: BinarySource, shape: readonly number[], offset: number, bytes: number): void {
  const end = offset + shape.reduce((product, size) => product * size, bytes);
  if (end > source.size) throw cutOff(source, end);
  if (end < source.size) {
    throw new OperatorError(`${source.name} has ${source.size} bytes, but its shape needs only ${end}`);
  }
}

function cutOff(source: BinarySource, end: number): OperatorError {
  return new OperatorError(
    `${source.name} is cut off: it should go on to byte ${end} and ends at byte ${source.size}`,
  );
}

/** Why an array of another type is none of floats, and what to do about it. */
function foundInstead(descr: string): string {
  if (descr.startsWith('[')) return 'got a structured type with named fields: save its columns as one matrix';
  if (descr.endsWith('O'))
    return 'got Python objects: np.array(list, dtype=np.float32) makes numbers of them';
  const kind = /^>f[248]$/.test(descr) ? 'big-endian ' : '';
  return `got ${kind}${descr}: np.save(path, x.astype(np.float32)) converts it`;
}

function field(header: string, name: string, value: RegExp, path: string): string {
  const match = new RegExp(`['"]${name}['"]\\s*:\\s*(${value.source})`).exec(header);
  if (match === null) throw new OperatorError(`${path} has no readable ${name} in its .npy header`);
  return match[1] as string;
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

const TENSOR_DTYPES = { float16: 'F16', float32: 'F32', float64: 'F64' } as const;

/** Reads values first .. first + into.length - 1 of the array in C order; float64 is rounded to float32. */
export function readNpyFloats(file: NpyFile, first: number, into: Float32Array): void {
  readFloats(file.source, { dtype: TENSOR_DTYPES[file.dtype], offset: file.offset }, first, into);
}

/** A whole vector as float64, from floats or integers; a column or a row of a matrix is one too. */
export function readNpyVector(path: string): Float64Array {
  const source = openBinaryFile(path);
  try {
    const { descr, shape, offset } = readHeader(source);
    const read = VECTOR_READERS.get(descr);
    if (read === undefined) {
      throw new OperatorError(`${path} must hold floats or integers, ${foundInstead(descr)}`);
    }
    const length = shape.reduce((product, size) => product * size, 1);
    if (shape.length === 0 || shape.filter((size) => size !== 1).length > 1) {
      throw invalidField(path, 'hold one dimension', shape.length === 0 ? 'a single number' : shape);
    }
    if (length > LARGEST_VECTOR) throw invalidField(path, `hold at most ${LARGEST_VECTOR} values`, length);
    const { bytes, at } = read;
    checkSize(source, shape, offset, bytes);
    const view = new DataView(new ArrayBuffer(bytes * length));
    source.read(offset, bytesOf(view));
    return Float64Array.from({ length }, (_, i) => at(view, bytes * i));
  } finally {
    source.close();
  }
}

interface ItemReader {
  readonly bytes: number;
  readonly at: (view: DataView, offset: number) => number;
}

function float16At(view: DataView, offset: number): number {
  const value = new Float32Array(1);
  widenFloat16(Uint16Array.of(view.getUint16(offset, true)), value);
  return value[0] as number;
}

const VECTOR_READERS: ReadonlyMap<string, ItemReader> = new Map(
  Object.entries({
    '<f2': { bytes: 2, at: float16At },
    '<f4': { bytes: 4, at: (view, offset) => view.getFloat32(offset, true) },
    '<f8': { bytes: 8, at: (view, offset) => view.getFloat64(offset, true) },
    '|b1': { bytes: 1, at: (view, offset) => Number(view.getUint8(offset) !== 0) },
    '|u1': { bytes: 1, at: (view, offset) => view.getUint8(offset) },
    '|i1': { bytes: 1, at: (view, offset) => view.getInt8(offset) },
    '<u2': { bytes: 2, at: (view, offset) => view.getUint16(offset, true) },
    '<i2': { bytes: 2, at: (view, offset) => view.getInt16(offset, true) },
    '<u4': { bytes: 4, at: (view, offset) => view.getUint32(offset, true) },
    '<i4': { bytes: 4, at: (view, offset) => view.getInt32(offset, true) },
    '<u8': { bytes: 8, at: (view, offset) => Number(view.getBigUint64(offset, true)) },
    '<i8': { bytes: 8, at: (view, offset) => Number(view.getBigInt64(offset, true)) },
  } satisfies Record<string, ItemReader>),
);

/** Writes an array in C order piece by piece; `finish` puts the file in its place. */
export class NpyWriter {
  private readonly file: WholeFile;
  private readonly dtype: NpyDtype;
  private missing: number;

  constructor(path: string, dtype: NpyDtype, shape: readonly number[]) {
    this.dtype = dtype;
    this.missing = shape.reduce((product, size) => product * size, 1);
    this.file = new WholeFile(path);
    try {
      this.file.write(encodeNpyHeader(dtype, shape));
    } catch (error) {
      this.file.abandon();
      throw error;
    }
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
