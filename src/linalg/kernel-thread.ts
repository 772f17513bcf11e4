/** What a thread computes with: the kernels, and the packed operands that it unpacks for them. */
import type { PackedRow } from './packed-row.ts';

export interface KernelExports {
  gramScratchBytes(n: number): number;
  gramSegment(...addresses: number[]): void;
  weightedSumScratchBytes(): number;
  weightedSum(...addresses: number[]): void;
  squaredDistances(...addresses: number[]): void;
  findNonFinite(...addresses: number[]): void;
  selectScratchBytes(n: number): number;
  selectColumns(...addresses: number[]): void;
  innerProducts(...addresses: number[]): void;
  mixRows(...addresses: number[]): void;
  unpackBfloat16(...addresses: number[]): void;
  unpackInt8(...addresses: number[]): void;
  scaleRow(row: number, columns: number, factor: number): void;
  bfloat16Halves(...addresses: number[]): void;
  int8Scales(...addresses: number[]): void;
  int8Levels(...addresses: number[]): void;
  countMagnitudes(...addresses: number[]): void;
  takeMagnitudes(...addresses: number[]): void;
  /** The bits that were read; -1 where the bytes are too few, -2 where a place is too high. */
  readGaps(...addresses: number[]): number;
  /** The bits that were written. */
  writeGaps(...addresses: number[]): number;
  sparseGramScratchBytes(n: number): number;
  /** 0 where the dense kernel has to compute the segment. */
  sparseGramSegment(...addresses: number[]): number;
  sparseSumSegment(...addresses: number[]): void;
  sparseNormsSegment(...addresses: number[]): void;
  combineRows(...addresses: number[]): void;
  momentRows(...addresses: number[]): void;
  stepRows(...addresses: number[]): void;
  adamwRows(...addresses: number[]): void;
}

/** A generated kernel for one column statistic (column-kernel.ts). */
export type ColumnKernel = (
  x: number,
  stride: number,
  columns: number,
  scratch: number,
  weights: number,
  out: number,
) => void;

/** One number for each column. */
export type ColumnArray = Float32Array | Int8Array | Uint16Array;

/** What stands in for a task's matrix, vector and result; everything lies in shared memory. */
export interface PackedOperands {
  readonly rows: readonly PackedRow[];
  readonly vector: PackedRow | undefined;
  /** Each receives a value for every column. */
  readonly outs: readonly ColumnArray[];
  readonly places: PackedPlaces;
}

/** Offsets in a thread's scratch memory; what lies before them is the kernel's own. */
export interface PackedPlaces {
  readonly tile: number;
  readonly stride: number;
  readonly vector: number;
  readonly out: number;
  /** Compressed bytes of one row's segment, or all entries of a segment. */
  readonly stage: number;
  readonly end: number;
}

/** What a thread computes with. */
export interface KernelThread {
  /** Counted from 0, the owner. */
  readonly thread: number;
  readonly memory: WebAssembly.Memory;
  readonly kernels: KernelExports;
  readonly columnKernels: Map<number, ColumnKernel>;
  readonly packed: Map<number, PackedOperands>;
}

/** Addresses of a segment's operands. */
export interface SegmentPlaces {
  readonly x: number;
  readonly stride: number;
  readonly vector: number;
  readonly scratch: number;
  /** Of a result with one value for each column. */
  readonly out: number;
}
