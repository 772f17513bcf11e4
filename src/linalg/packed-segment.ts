/**
 * One segment of packed operands in the scratch memory of one thread: its rows unpacked to a tile of float32, or the
 * entries of sparse rows as a table (assembly/sparse.ts), a vector beside them, and the way of a result back.
 */
import { unreachable } from '../foundation/assert.ts';
import { SEGMENT_COLUMNS } from './gram-blocks.ts';
import type { ColumnArray, KernelThread, PackedOperands, PackedPlaces } from './kernel-thread.ts';
import type { PackedRow, SparseRow } from './packed-row.ts';
import { rowStride } from './scratch.ts';

const RECORD_WORDS = 3;
const LINE_BYTES = 64;
/** The engine copies words from and to shared memory only where both sides begin at the same place in one; else bytes. */
const WORD_BYTES = 8;
/** Levels of one byte and a factor for each, each moved by less than a word, and what reading whole vectors passes the end by. */
const STAGE_BYTES = 5 * SEGMENT_COLUMNS + 4 * LINE_BYTES;

/** `kernelBytes`: what the kernel itself needs at the beginning. `outs`: the results, `stride` apart. */
export function placePacked(
  kernelBytes: number,
  rows: readonly PackedRow[],
  outs: readonly ColumnArray[],
): PackedPlaces {
  const stride = rowStride(SEGMENT_COLUMNS);
  const tile = Math.ceil(kernelBytes / LINE_BYTES) * LINE_BYTES;
  const vector = tile + Math.max(rows.length * stride, RECORD_WORDS * 4 * rows.length);
  const result = vector + stride;
  const out = result + wordOffset(outs[0]);
  const stage = result + Math.max(1, outs.length) * stride + LINE_BYTES;
  const entryBytes = rows.every((row) => row.kind === 'sparse')
    ? 8 * mostEntries(rows) + 2 * WORD_BYTES * rows.length
    : 0;
  return { tile, stride, vector, out, stage, end: stage + Math.max(STAGE_BYTES, entryBytes) };
}

function wordOffset(array: ArrayBufferView | undefined): number {
  return (array?.byteOffset ?? 0) % WORD_BYTES;
}

/** The most entries that all rows together have in one segment. */
function mostEntries(rows: readonly SparseRow[]): number {
  const segments = (rows[0]?.starts.length ?? 1) - 1;
  let most = 0;
  for (let segment = 0; segment < segments; segment++) {
    let entries = 0;
    for (const { starts } of rows) entries += (starts[segment + 1] as number) - (starts[segment] as number);
    most = Math.max(most, entries);
  }
  return most;
}

export function unpackRows(
  { rows, places }: PackedOperands,
  segment: number,
  columns: number,
  scratch: number,
  thread: KernelThread,
): void {
  rows.forEach((row, i) => {
    unpack(row, segment, columns, scratch + places.tile + i * places.stride, scratch + places.stage, thread);
  });
}

export function unpackVector(
  { vector, places }: PackedOperands,
  segment: number,
  columns: number,
  scratch: number,
  thread: KernelThread,
): void {
  const stage = scratch + places.stage;
  if (vector !== undefined) unpack(vector, segment, columns, scratch + places.vector, stage, thread);
}

export function copyOut(
  { outs, places }: PackedOperands,
  segment: number,
  columns: number,
  scratch: number,
  { memory }: KernelThread,
): void {
  const { buffer } = memory;
  const to = segment * SEGMENT_COLUMNS;
  outs.forEach((out, i) => {
    const at = scratch + places.out + i * places.stride;
    if (out instanceof Float32Array) out.set(new Float32Array(buffer, at, columns), to);
    else if (out instanceof Int8Array) out.set(new Int8Array(buffer, at, columns), to);
    else out.set(new Uint16Array(buffer, at, columns), to);
  });
}

/** Copies the entries of a segment behind one another and writes the table of them where the tile would be. */
export function stageEntries(
  { rows, places }: PackedOperands,
  segment: number,
  scratch: number,
  { memory }: KernelThread,
): void {
  const { buffer } = memory;
  const table = new Uint32Array(buffer, scratch + places.tile, RECORD_WORDS * rows.length);
  let end = scratch + places.stage;
  const stage = (entries: Uint32Array | Float32Array): number => {
    const at = Math.ceil(end / WORD_BYTES) * WORD_BYTES + wordOffset(entries);
    if (entries instanceof Uint32Array) new Uint32Array(buffer, at, entries.length).set(entries);
    else new Float32Array(buffer, at, entries.length).set(entries);
    end = at + 4 * entries.length;
    return at;
  };
  (rows as readonly SparseRow[]).forEach(({ indices, values, starts }, i) => {
    const [from, to] = [starts[segment] as number, starts[segment + 1] as number];
    const places = [stage(indices.subarray(from, to)), stage(values.subarray(from, to))] as const;
    table.set([...places, to - from], RECORD_WORDS * i);
  });
}

function unpack(
  row: PackedRow,
  segment: number,
  columns: number,
  to: number,
  stage: number,
  { memory, kernels }: KernelThread,
): void {
  const start = segment * SEGMENT_COLUMNS;
  const end = start + columns;
  const { buffer } = memory;
  switch (row.kind) {
    case 'float32':
      new Float32Array(buffer, to, columns).set(row.values.subarray(start, end));
      break;
    case 'bfloat16': {
      const halves = row.halves.subarray(start, end);
      const staged = stage + wordOffset(halves);
      new Uint16Array(buffer, staged, columns).set(halves);
      kernels.unpackBfloat16(staged, columns, to);
      break;
    }
    case 'int8': {
      const { block } = row;
      const firstBlock = Math.floor(start / block);
      const levels = row.levels.subarray(start, end);
      const scales = row.scales.subarray(firstBlock, Math.ceil(end / block));
      const staged = stage + wordOffset(levels);
      const factors =
        stage + Math.ceil((columns + WORD_BYTES) / LINE_BYTES) * LINE_BYTES + wordOffset(scales);
      new Int8Array(buffer, staged, columns).set(levels);
      new Float32Array(buffer, factors, scales.length).set(scales);
      kernels.unpackInt8(staged, factors, block, start - firstBlock * block, columns, to);
      break;
    }
    case 'sparse': {
      const { indices, values, starts } = row;
      const tile = new Float32Array(buffer, to, columns).fill(0);
      for (let k = starts[segment] as number; k < (starts[segment + 1] as number); k++) {
        tile[(indices[k] as number) - start] = values[k] as number;
      }
      break;
    }
    default:
      unreachable(row);
  }
  if (row.scale !== 1) kernels.scaleRow(to, columns, row.scale);
}
