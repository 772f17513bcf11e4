/**
 * A vector of d float32 values in the form in which it travelled, which the kernels unpack block by block: no row of
 * float32 is ever held. What it stands for is defined by `readPacked`, byte for byte.
 */
import { assert, unreachable } from '../foundation/assert.ts';
import { SEGMENT_COLUMNS } from './gram-blocks.ts';

export type PackedRow = {
  readonly d: number;
  /** Each unpacked value is multiplied by this in float64 and rounded once; 1 leaves it as it is. */
  readonly scale: number;
} & (
  | { readonly kind: 'float32'; readonly values: Float32Array }
  /** The upper halves of float32 values. */
  | { readonly kind: 'bfloat16'; readonly halves: Uint16Array }
  /** Levels of -127..127 in blocks, each with a factor of its own. */
  | {
      readonly kind: 'int8';
      readonly block: number;
      readonly scales: Float32Array;
      readonly levels: Int8Array;
    }
  | SparseValues
);

/** Values at ascending places; all others are zero. */
export interface SparseValues {
  readonly kind: 'sparse';
  readonly indices: Uint32Array;
  readonly values: Float32Array;
  /** Where the entries of each segment of SEGMENT_COLUMNS columns begin, and at last their number. */
  readonly starts: Uint32Array;
}

export type SparseRow = Extract<PackedRow, { kind: 'sparse' }>;

export function float32Row(values: Float32Array): PackedRow {
  return { kind: 'float32', d: values.length, scale: 1, values };
}

/** A row that is zero but for values[k] at indices[k]; the indices ascend and are below d. */
export function sparseRow(d: number, indices: Uint32Array, values: Float32Array): SparseRow {
  const segments = Math.ceil(d / SEGMENT_COLUMNS);
  const starts = new Uint32Array(segments + 1);
  for (let segment = 0, at = 0; segment <= segments; segment++) {
    const end = segment * SEGMENT_COLUMNS;
    while (at < indices.length && (indices[at] as number) < end) at += 1;
    starts[segment] = at;
  }
  starts[segments] = indices.length;
  return { kind: 'sparse', d, scale: 1, indices, values, starts };
}

/** The origin. */
export function zeroRow(d: number): SparseRow {
  return sparseRow(d, new Uint32Array(0), new Float32Array(0));
}

/** Whether the row has no entries at all. */
export function isZeroRow(row: PackedRow): boolean {
  return row.kind === 'sparse' && row.indices.length === 0;
}

/** The same vector times a factor, each value rounded once. */
export function scaledRow(row: PackedRow, scale: number): PackedRow {
  assert(row.scale === 1, 'a row is scaled once');
  if (row.kind !== 'sparse') return { ...row, scale };
  return { ...row, values: row.values.map((value) => value * scale) };
}

/** Writes values start..end-1 to the first of `out`. */
export function readPacked(row: PackedRow, start: number, end: number, out: Float32Array): void {
  switch (row.kind) {
    case 'float32':
      out.set(row.values.subarray(start, end));
      break;
    case 'bfloat16':
      readBfloat16(row.halves, start, end, out);
      break;
    case 'int8':
      readInt8(row, start, end, out);
      break;
    case 'sparse':
      readSparse(row, start, end, out);
      break;
    default:
      unreachable(row);
  }
  const { scale } = row;
  if (scale !== 1) for (let i = 0; i < end - start; i++) out[i] = (out[i] as number) * scale;
}

function readBfloat16(halves: Uint16Array, start: number, end: number, out: Float32Array): void {
  const words = new Uint32Array(out.buffer, out.byteOffset, end - start);
  for (let i = start; i < end; i++) words[i - start] = (halves[i] as number) << 16;
}

function readInt8(
  { block, scales, levels }: Extract<PackedRow, { kind: 'int8' }>,
  start: number,
  end: number,
  out: Float32Array,
): void {
  for (let b = Math.floor(start / block); b * block < end; b++) {
    const scale = scales[b] as number;
    const to = Math.min(end, (b + 1) * block);
    for (let i = Math.max(start, b * block); i < to; i++) out[i - start] = scale * (levels[i] as number);
  }
}

function readSparse(row: SparseRow, start: number, end: number, out: Float32Array): void {
  const { indices, values } = row;
  out.fill(0, 0, end - start);
  for (let k = firstEntry(row, start); k < indices.length; k++) {
    const index = indices[k] as number;
    if (index >= end) return;
    out[index - start] = values[k] as number;
  }
}

/** The first entry at or behind a column. */
function firstEntry({ indices, starts }: SparseRow, column: number): number {
  let at = starts[Math.floor(column / SEGMENT_COLUMNS)] as number;
  while (at < indices.length && (indices[at] as number) < column) at += 1;
  return at;
}
