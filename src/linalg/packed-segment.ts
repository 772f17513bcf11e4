/**
 * One segment of packed operands in the scratch memory of one thread: its rows unpacked to a tile of float32, or the
 * entries of sparse rows as a table (assembly/sparse.ts), a vector beside them, and the way of a result back.
 */
import { unreachable } from '../foundation/assert.ts';
import { SEGMENT_COLUMNS } from './gram-blocks.ts';
import type { KernelThread, PackedOperands, PackedPlaces } from './kernel-thread.ts';
import type { PackedRow, SparseRow } from './packed-row.ts';
import { rowStride } from './scratch.ts';

const RECORD_WORDS = 3;
const LINE_BYTES = 64;
/** Levels of one byte and a factor for each, and what reading whole vectors passes the end by. */
const STAGE_BYTES = 5 * SEGMENT_COLUMNS + 2 * LINE_BYTES;

/** `kernelBytes`: what the kernel itself needs at the beginning. `outs`: how many results there are, `stride` apart. */
export function placePacked(kernelBytes: number, rows: readonly PackedRow[], outs: number): PackedPlaces {
  const stride = rowStride(SEGMENT_COLUMNS);
  const tile = Math.ceil(kernelBytes / LINE_BYTES) * LINE_BYTES;
  const vector = tile + Math.max(rows.length * stride, RECORD_WORDS * 4 * rows.length);
  const out = vector + stride;
  const stage = out + Math.max(1, outs) * stride;
  const entryBytes = rows.every((row) => row.kind === 'sparse') ? 8 * mostEntries(rows) : 0;
  return { tile, stride, vector, out, stage, end: stage + Math.max(STAGE_BYTES, entryBytes) };
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
  const table = new Uint32Array(memory.buffer, scratch + places.tile, RECORD_WORDS * rows.length);
  let at = scratch + places.stage;
  (rows as readonly SparseRow[]).forEach(({ indices, values, starts }, i) => {
    const [from, to] = [starts[segment] as number, starts[segment + 1] as number];
    const count = to - from;
    new Uint32Array(memory.buffer, at, count).set(indices.subarray(from, to));
    new Float32Array(memory.buffer, at + 4 * count, count).set(values.subarray(from, to));
    table.set([at, at + 4 * count, count], RECORD_WORDS * i);
    at += 8 * count;
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
    case 'bfloat16':
      new Uint16Array(buffer, stage, columns).set(row.halves.subarray(start, end));
      kernels.unpackBfloat16(stage, columns, to);
      break;
    case 'int8': {
      const { block, levels, scales } = row;
      const firstBlock = Math.floor(start / block);
      const blocks = Math.ceil(end / block) - firstBlock;
      const factors = stage + Math.ceil(columns / LINE_BYTES) * LINE_BYTES;
      new Int8Array(buffer, stage, columns).set(levels.subarray(start, end));
      new Float32Array(buffer, factors, blocks).set(scales.subarray(firstBlock, firstBlock + blocks));
      kernels.unpackInt8(stage, factors, block, start - firstBlock * block, columns, to);
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
