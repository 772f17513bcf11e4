/**
 * Memory for the entries of a sparse vector, where threads read them: eight bytes each, and all contributions of a round at
 * once. The collector does not count shared memory, so whoever has read the entries gives theirs back.
 */
import { sharedFloats } from '../foundation/shared-memory.ts';
import type { SpareVectors } from '../foundation/spare-vectors.ts';

export interface EntryMemory {
  /** Places; they hold whatever was there, as the values do. */
  readonly indices: Uint32Array;
  readonly values: Float32Array;
  /** Nobody reads or writes either any more. */
  readonly release: () => void;
}

/** `spare`: where the memory comes from and goes back to; left out, it is the collector's. */
export function takeEntries(count: number, spare?: SpareVectors): EntryMemory {
  const both = spare?.take(2 * count) ?? sharedFloats(2 * count);
  return {
    indices: new Uint32Array(both.buffer, both.byteOffset, count),
    values: both.subarray(count),
    release: () => spare?.give(both),
  };
}
