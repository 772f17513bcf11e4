/** One task over packed operands on all threads of a team, with their memory in its scratch. */
import { isShared } from '../foundation/shared-memory.ts';
import { NO_OPERANDS, segmentCount, type KernelName, type KernelTask } from './kernel-task.ts';
import type { KernelTeam } from './kernel-team.ts';
import type { KernelStatistic } from './linear-algebra.ts';
import { shareRow } from './packed-memory.ts';
import type { PackedRow } from './packed-row.ts';
import type { ColumnArray } from './kernel-thread.ts';
import { placePacked } from './packed-segment.ts';
import type { Scratch } from './scratch.ts';

/** A kernel with its scratch memory in each thread and the numbers that it takes. */
export interface KernelCall {
  readonly kernel: KernelName;
  readonly kernelBytes: number;
  readonly operands: Partial<KernelTask>;
}

/** What the owner of the shared memory does for packed passes. */
export interface KernelHost {
  readonly team: KernelTeam;
  withScratch<T>(use: (scratch: Scratch) => T): T;
  float64At(address: number, length: number): Float64Array;
  float32At(address: number, length: number): Float32Array;
  bytesAt(address: number, length: number): Uint8Array;
  uint32At(address: number, length: number): Uint32Array;
  columnCall(scratch: Scratch, statistic: KernelStatistic, n: number): KernelCall;
}

export interface PackedArguments {
  readonly rows: readonly PackedRow[];
  readonly vector?: PackedRow | undefined;
  /** Each receives a value for every column. */
  readonly outs?: readonly ColumnArray[];
}

/** What does not lie in shared memory is copied there and back, unless one thread computes it all. */
export function runPacked(
  { team }: KernelHost,
  scratch: Scratch,
  { rows: given, vector, outs = [] }: PackedArguments,
  { kernel, kernelBytes, operands }: KernelCall,
): void {
  const d = given[0]!.d;
  const isAlone = team.isAlone || segmentCount(d) === 1;
  const rows = isAlone ? given : given.map(shareRow);
  const results = isAlone ? outs : outs.map((out) => (isShared(out) ? out : sharedLike(out)));
  const places = placePacked(kernelBytes, rows, results);
  const beside = vector === undefined || isAlone ? vector : shareRow(vector);
  const packed = team.lendPacked({ rows, places, outs: results, vector: beside }, isAlone);
  try {
    const memory = scratch.perThread(places.end);
    team.run({ ...NO_OPERANDS, ...operands, ...memory, kernel, n: rows.length, d, packed });
  } finally {
    team.takeBackPacked(packed, isAlone);
  }
  results.forEach((result, i) => {
    if (result !== outs[i]) outs[i]!.set(result);
  });
}

function sharedLike(array: ColumnArray): ColumnArray {
  const buffer = new SharedArrayBuffer(array.byteLength);
  if (array instanceof Int8Array) return new Int8Array(buffer);
  return array instanceof Uint16Array ? new Uint16Array(buffer) : new Float32Array(buffer);
}
