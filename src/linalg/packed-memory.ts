/** Packed rows in memory that threads share, where a reference is sent instead of a copy. */
import { isShared } from '../foundation/shared-memory.ts';
import type { PackedRow } from './packed-row.ts';

/** The same row; what does not lie in shared memory is copied there. */
export function shareRow(row: PackedRow): PackedRow {
  switch (row.kind) {
    case 'float32':
      return { ...row, values: shared(row.values, Float32Array) };
    case 'bfloat16':
      return { ...row, halves: shared(row.halves, Uint16Array) };
    case 'int8':
      return {
        ...row,
        scales: shared(row.scales, Float32Array),
        levels: shared(row.levels, Int8Array),
      };
    case 'sparse':
      return {
        ...row,
        indices: shared(row.indices, Uint32Array),
        values: shared(row.values, Float32Array),
        starts: shared(row.starts, Uint32Array),
      };
  }
}

interface TypedArray<T> extends ArrayBufferView {
  readonly length: number;
  set(values: T): void;
}

function shared<T extends TypedArray<T>>(
  view: T,
  Type: { new (buffer: SharedArrayBuffer): T; readonly BYTES_PER_ELEMENT: number },
): T {
  if (isShared(view)) return view;
  const copy = new Type(new SharedArrayBuffer(view.byteLength));
  copy.set(view);
  return copy;
}
