/**
 * The safetensors format (huggingface/safetensors, format 0.x): a length, a JSON header of names, types, shapes and
 * offsets, then the tensors' bytes. A reader must not trust the header: its length, every shape and every offset are
 * checked against the size of the file before anything is read. Departure: duplicate names, which the format forbids,
 * are not noticed, because JSON.parse keeps the last one; the check for gaps in the data then refuses the file.
 */
import { KIND_BYTES, kindOf } from '../files/file-kind.ts';
import { WholeFile } from '../files/whole-file.ts';
import { assert } from '../foundation/assert.ts';
import { bytesOf, utf8 } from '../foundation/bytes.ts';
import { OperatorError, invalidField } from '../foundation/operator-error.ts';
import { binarySourceOf, openBinaryFile, type BinarySource } from './binary-file.ts';

/** The reference implementation accepts 100 MB; names and shapes of a million tensors fit into this. */
const LONGEST_HEADER_BYTES = 64 * 1024 * 1024;
const MOST_DIMENSIONS = 64;

const DTYPE_BYTES = {
  F64: 8,
  C64: 8,
  I64: 8,
  U64: 8,
  F32: 4,
  I32: 4,
  U32: 4,
  F16: 2,
  BF16: 2,
  I16: 2,
  U16: 2,
  F8_E5M2: 1,
  F8_E4M3: 1,
  F8_E8M0: 1,
  I8: 1,
  U8: 1,
  BOOL: 1,
} as const;

export type Dtype = keyof typeof DTYPE_BYTES;

export interface TensorEntry {
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  /** Offset of the first byte in the file. */
  readonly offset: number;
  readonly byteLength: number;
}

export interface SafetensorsHeader {
  /** In the order of their data. */
  readonly tensors: ReadonlyMap<string, TensorEntry>;
  readonly metadata: Readonly<Record<string, string>>;
}

/** A tensor in memory: little-endian bytes, row-major. */
export interface Tensor {
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  readonly bytes: Uint8Array;
}

export interface Safetensors {
  readonly tensors: ReadonlyMap<string, Tensor>;
  readonly metadata: Readonly<Record<string, string>>;
}

/** Wraps float32 values as a tensor, without a copy; the shape defaults to one dimension. */
export function tensorOf(values: Float32Array, shape: readonly number[] = [values.length]): Tensor {
  return { dtype: 'F32', shape, bytes: bytesOf(values) };
}

/** A float32 tensor's values, copied; undefined where its type is another. */
export function float32Of(tensor: Tensor): Float32Array | undefined {
  if (tensor.dtype !== 'F32') return undefined;
  return new Float32Array(Uint8Array.from(tensor.bytes).buffer);
}

/** Reads a whole file, or bytes that `name` stands for in faults. Throws an OperatorError where it is malformed. */
export function readSafetensors(file: string | Uint8Array, name = 'safetensors bytes'): Safetensors {
  const source = typeof file === 'string' ? openBinaryFile(file) : binarySourceOf(file, name);
  try {
    const header = readSafetensorsHeader(source);
    const tensors = new Map<string, Tensor>();
    for (const [tensorName, { dtype, shape, offset, byteLength }] of header.tensors) {
      const bytes = new Uint8Array(byteLength);
      source.read(offset, bytes);
      tensors.set(tensorName, { dtype, shape, bytes });
    }
    return { tensors, metadata: header.metadata };
  } finally {
    source.close();
  }
}

/** Reads and checks the header alone, so that tensors can be read by their offsets. */
export function readSafetensorsHeader(source: BinarySource): SafetensorsHeader {
  const bytes = new Uint8Array(headerLength(source));
  source.read(8, bytes);
  const { __metadata__: metadata = {}, ...entries } = parseObject(bytes, source.name);
  const start = 8 + bytes.length;
  const tensors = Object.entries(entries)
    .map(([name, entry]) => [name, checkEntry(entry, `${source.name}: tensor "${name}"`, start)] as const)
    .sort(([, a], [, b]) => a.offset - b.offset || a.byteLength - b.byteLength);
  let end = start;
  for (const [name, entry] of tensors) {
    if (entry.offset !== end) {
      throw new OperatorError(`${source.name}: tensor "${name}" leaves a gap or overlaps the one before it`);
    }
    end += entry.byteLength;
  }
  if (end !== source.size) {
    const cut = end > source.size ? ' is cut off' : ' goes on after its last tensor';
    throw new OperatorError(
      `${source.name}${cut}: its tensors end at byte ${end}, the file at byte ${source.size}`,
    );
  }
  return { tensors: new Map(tensors), metadata: checkMetadata(metadata, source.name) };
}

/** The length of the JSON header, which the first eight bytes give; what is no such file is told by its kind. */
function headerLength(source: BinarySource): number {
  const prefix = new Uint8Array(8);
  if (source.size < prefix.length) throw notSafetensors(source);
  source.read(0, prefix);
  const length = new DataView(prefix.buffer).getBigUint64(0, true);
  if (length === 0n || length > BigInt(LONGEST_HEADER_BYTES)) throw notSafetensors(source);
  if (Number(length) <= source.size - prefix.length) return Number(length);
  const brace = new Uint8Array(Math.min(1, source.size - prefix.length));
  source.read(prefix.length, brace);
  if (brace.length > 0 && brace[0] !== BRACE) throw notSafetensors(source);
  throw new OperatorError(
    `${source.name} is cut off: its header ends at byte ${prefix.length + Number(length)}, the file at byte ${source.size}`,
  );
}

function notSafetensors(source: BinarySource): OperatorError {
  const head = new Uint8Array(Math.min(KIND_BYTES, source.size));
  source.read(0, head);
  const what = kindOf(head) ?? 'something else (its first eight bytes give no length of a JSON header)';
  return new OperatorError(`${source.name} is no safetensors file: it is ${what}`);
}

const BRACE = 0x7b;

function parseObject(bytes: Uint8Array, name: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw new OperatorError(`${name} is no safetensors file: its header is no JSON`);
  }
  if (!isObject(value)) throw new OperatorError(`${name}: its header must be a JSON object`);
  return value;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function checkEntry(entry: unknown, what: string, start: number): TensorEntry {
  const { dtype, shape, data_offsets: offsets } = isObject(entry) ? entry : {};
  if (typeof dtype !== 'string' || !Object.hasOwn(DTYPE_BYTES, dtype)) {
    throw invalidField(`${what}: its dtype`, `be one of ${Object.keys(DTYPE_BYTES).join(', ')}`, dtype);
  }
  if (!Array.isArray(shape) || shape.length > MOST_DIMENSIONS || !shape.every(isCount)) {
    throw new OperatorError(`${what} has a malformed shape`);
  }
  const byteLength = shape.reduce((product, size) => product * size, DTYPE_BYTES[dtype as Dtype]);
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isCount)) {
    throw new OperatorError(`${what} has malformed data_offsets`);
  }
  const [begin, end] = offsets as [number, number];
  if (end - begin !== byteLength) {
    throw new OperatorError(`${what} has ${end - begin} bytes, but its shape and dtype need ${byteLength}`);
  }
  return { dtype: dtype as Dtype, shape, offset: start + begin, byteLength };
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function checkMetadata(metadata: unknown, name: string): Record<string, string> {
  if (!isObject(metadata) || !Object.values(metadata).every((value) => typeof value === 'string')) {
    throw new OperatorError(`${name}: __metadata__ must map names to strings`);
  }
  return metadata as Record<string, string>;
}

/** Canonical bytes before the data: equal shapes, names and metadata give equal headers. */
export function encodeSafetensorsHeader(
  tensors: ReadonlyMap<string, Pick<Tensor, 'dtype' | 'shape'>>,
  metadata: Readonly<Record<string, string>> = {},
): { readonly header: Uint8Array; readonly order: readonly string[] } {
  const order = [...tensors.keys()].sort((a, b) => {
    const [wide, narrow] = [a, b].map((name) => DTYPE_BYTES[(tensors.get(name) as Tensor).dtype]);
    return (narrow as number) - (wide as number) || (a < b ? -1 : 1);
  });
  assert(!tensors.has('__metadata__'), 'no tensor takes the name of the metadata');
  const fields: [string, unknown][] = [];
  const metadataNames = Object.keys(metadata).sort();
  if (metadataNames.length > 0) {
    fields.push(['__metadata__', Object.fromEntries(metadataNames.map((name) => [name, metadata[name]]))]);
  }
  let end = 0;
  for (const name of order) {
    const { dtype, shape } = tensors.get(name) as Tensor;
    const begin = end;
    end += shape.reduce((product, size) => product * size, DTYPE_BYTES[dtype]);
    fields.push([name, { dtype, shape, data_offsets: [begin, end] }]);
  }
  const json = utf8(JSON.stringify(Object.fromEntries(fields)));
  const padded = 8 * Math.ceil(json.length / 8); // the data start aligned
  const header = new Uint8Array(8 + padded).fill(0x20);
  new DataView(header.buffer).setBigUint64(0, BigInt(padded), true);
  header.set(json, 8);
  return { header, order };
}

/** Writes a file whole or not at all. Tensors stand by falling width of their type, then by name. */
export function writeSafetensors(
  path: string,
  tensors: ReadonlyMap<string, Tensor>,
  metadata: Readonly<Record<string, string>> = {},
): void {
  const { header, order } = encodeSafetensorsHeader(tensors, metadata);
  const file = new WholeFile(path);
  try {
    file.write(header);
    for (const name of order) file.write((tensors.get(name) as Tensor).bytes);
    file.finish();
  } finally {
    file.abandon();
  }
}
