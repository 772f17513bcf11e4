/**
 * A task that several threads share: segments of columns, claimed one by one from a common counter. What a segment
 * computes goes to a place of its own, so neither the number of threads nor their order can change a byte.
 *
 * Protocol, on one small shared array: the owner writes the arguments, opens the task under a new number and wakes the
 * workers. A worker counts itself active BEFORE it looks whether the task is open. The owner works along until no
 * segment is left, closes the task, and waits until nobody is active: after that, no worker can hold old arguments.
 * A worker that is slow to start or to wake simply comes too late.
 */
import { PIECE_COLUMNS, SEGMENT_COLUMNS } from './gram-blocks.ts';
import type { KernelThread, SegmentPlaces } from './kernel-thread.ts';
import { mixSegment } from './mixed-segment.ts';
import { copyOut, stageEntries, unpackRows, unpackVector } from './packed-segment.ts';

/** Indices in the control array. */
export const CONTROL = {
  NUMBER: 0,
  OPEN: 1,
  NEXT: 2,
  ACTIVE: 3,
  FAILED: 4,
  ARGUMENTS: 8,
  LENGTH: 32,
} as const;

/** Four words of each of four generators (assembly/quarters.ts). */
export const STATE_BYTES = 64;

/** Never the number of a task: no task is open. */
export const CLOSED = 0;
/** Instead of a task's number: the worker ends. */
export const SHUT_DOWN = -1;

export const KERNELS = [
  'gram',
  'weightedSum',
  'squaredDistances',
  'findNonFinite',
  'columns',
  'selectColumns',
  'mixedColumns',
  'innerProducts',
  'bfloat16Halves',
  'int8Scales',
  'int8Levels',
  'countMagnitudes',
  'takeMagnitudes',
  'sparseGram',
  'sparseSum',
  'sparseNorms',
  'combine',
  'moments',
  'step',
  'adamw',
] as const;
export type KernelName = (typeof KERNELS)[number];

/** All numbers are byte addresses or counts; 0 stands for an absent operand. */
export interface KernelTask {
  readonly kernel: KernelName;
  readonly x: number;
  readonly stride: number;
  readonly n: number;
  readonly d: number;
  /** Reference, base or point: a vector of d. */
  readonly vector: number;
  /** Coefficients or weights: n float64. */
  readonly coefficients: number;
  /** A vector of d, or `outBytes` for each segment. */
  readonly out: number;
  readonly outBytes: number;
  readonly scratch: number;
  readonly scratchBytes: number;
  /** Number of the generated kernel. */
  readonly columnKernel: number;
  /** For selectColumns (column-selection.ts); `kind` is the block of int8, the flags of a step, what squared deviations are divided by or the least bits that are taken, `trim` the address of the generator states. */
  readonly kind: number;
  readonly trim: number;
  readonly keep: number;
  /** For mixedColumns: n float64 for each of `count` mixtures. */
  readonly points: number;
  readonly count: number;
  /** Number of the packed operands that stand in for x, vector and out; each thread unpacks them to its scratch. */
  readonly packed: number;
}

/** Operands that a kernel does not use. */
export const NO_OPERANDS = {
  ...{ x: 0, stride: 0, vector: 0, coefficients: 0, out: 0, outBytes: 0, scratch: 0, scratchBytes: 0 },
  ...{ columnKernel: 0, kind: 0, trim: 0, keep: 0, points: 0, count: 0, packed: 0 },
};

/** Parts of a segment's columns whose products make one addend of an inner product in float64. */
export function piecesOf(columns: number): number {
  return Math.ceil(columns / PIECE_COLUMNS);
}

export function segmentCount(d: number): number {
  return Math.ceil(d / SEGMENT_COLUMNS);
}

/** The numbers of a task in the order in which they are written. */
const NUMBERS = [
  ...(['x', 'stride', 'n', 'd', 'vector', 'coefficients', 'out', 'outBytes'] as const),
  ...(['scratch', 'scratchBytes', 'columnKernel', 'kind', 'trim', 'keep', 'points', 'count'] as const),
  ...(['packed'] as const),
] satisfies (keyof KernelTask)[];

export function writeTask(control: Int32Array, task: KernelTask): void {
  control[CONTROL.ARGUMENTS] = KERNELS.indexOf(task.kernel);
  NUMBERS.forEach((name, i) => (control[CONTROL.ARGUMENTS + 1 + i] = task[name]));
}

export function readTask(control: Int32Array): KernelTask {
  const kernel = KERNELS[control[CONTROL.ARGUMENTS] as number] as KernelName;
  const numbers = NUMBERS.map((name, i) => [name, (control[CONTROL.ARGUMENTS + 1 + i] as number) >>> 0]);
  return { kernel, ...(Object.fromEntries(numbers) as Omit<KernelTask, 'kernel'>) };
}

/** Claims and computes segments until none is left. */
export function runSegments(control: Int32Array, task: KernelTask, thread: KernelThread): void {
  const total = segmentCount(task.d);
  for (;;) {
    const segment = Atomics.add(control, CONTROL.NEXT, 1);
    if (segment >= total) return;
    if (task.packed === 0) runSegment(task, segment, thread);
    else runPackedSegment(task, segment, thread);
  }
}

function runSegment(task: KernelTask, segment: number, thread: KernelThread): void {
  const offset = segment * SEGMENT_COLUMNS * Float32Array.BYTES_PER_ELEMENT;
  compute(task, segment, thread, {
    x: task.x + offset,
    stride: task.stride,
    vector: task.vector && task.vector + offset,
    scratch: task.scratch + thread.thread * task.scratchBytes,
    out: task.out + offset,
  });
}

function runPackedSegment(task: KernelTask, segment: number, thread: KernelThread): void {
  const operands = thread.packed.get(task.packed)!;
  const scratch = task.scratch + thread.thread * task.scratchBytes;
  const { tile, vector, out } = operands.places;
  const places = {
    ...{ x: scratch + tile, stride: operands.places.stride, scratch, out: scratch + out },
    vector: operands.vector === undefined ? 0 : scratch + vector,
  };
  const columns = Math.min(SEGMENT_COLUMNS, task.d - segment * SEGMENT_COLUMNS);
  if (isSparse(task.kernel)) stageEntries(operands, segment, scratch, thread);
  else unpackRows(operands, segment, columns, scratch, thread);
  if (operands.vector !== undefined) unpackVector(operands, segment, columns, scratch, thread);
  if (!compute(task, segment, thread, places)) {
    unpackRows(operands, segment, columns, scratch, thread);
    compute({ ...task, kernel: 'gram' }, segment, thread, places);
  }
  copyOut(operands, segment, columns, scratch, thread);
}

/** Where the generator stands at a segment; 0 where nothing is drawn. */
function stateOf({ trim }: KernelTask, segment: number): number {
  return trim === 0 ? 0 : trim + segment * STATE_BYTES;
}

function isSparse(kernel: KernelName): boolean {
  return kernel === 'sparseGram' || kernel === 'sparseSum' || kernel === 'sparseNorms';
}

/** False where the dense kernel has to compute the segment instead. */
function compute(task: KernelTask, segment: number, thread: KernelThread, places: SegmentPlaces): boolean {
  const { kernels, columnKernels } = thread;
  const { x, stride, vector, scratch, out } = places;
  const { n, coefficients } = task;
  const start = segment * SEGMENT_COLUMNS;
  const columns = Math.min(SEGMENT_COLUMNS, task.d - start);
  const partial = task.out + segment * task.outBytes;
  switch (task.kernel) {
    case 'gram':
      kernels.gramSegment(x, stride, n, columns, vector, scratch, partial);
      return true;
    case 'squaredDistances':
      kernels.squaredDistances(x, stride, n, columns, vector, partial);
      return true;
    case 'findNonFinite':
      kernels.findNonFinite(x, stride, n, columns, partial);
      return true;
    case 'weightedSum':
      kernels.weightedSum(x, stride, n, columns, coefficients, vector, scratch, out);
      return true;
    case 'selectColumns':
      kernels.selectColumns(
        ...[x, stride, n, columns, task.kind, task.trim, task.keep],
        ...[scratch, coefficients, out],
      );
      return true;
    case 'columns':
      columnKernels.get(task.columnKernel)!(x, stride, columns, scratch, coefficients, out);
      return true;
    case 'mixedColumns':
      mixSegment(task, columns, thread, places);
      return true;
    case 'innerProducts': {
      // the points are the last rows; `keep` of them
      const bytes = n * piecesOf(columns) * Float64Array.BYTES_PER_ELEMENT;
      for (let a = 0; a < task.keep; a++) {
        const point = x + (n - task.keep + a) * stride;
        kernels.innerProducts(x, stride, n, columns, vector, point, partial + a * bytes);
      }
      return true;
    }
    case 'bfloat16Halves':
      kernels.bfloat16Halves(x, columns, stateOf(task, segment), out);
      return true;
    case 'int8Scales':
      kernels.int8Scales(x, columns, task.kind, partial);
      return true;
    case 'int8Levels':
      kernels.int8Levels(x, columns, task.kind, partial, stateOf(task, segment), out);
      return true;
    case 'countMagnitudes':
      kernels.countMagnitudes(x, columns, partial);
      return true;
    case 'takeMagnitudes':
      kernels.takeMagnitudes(x, columns, task.kind, start, partial);
      return true;
    case 'sparseGram':
      return kernels.sparseGramSegment(x, n, start, columns, scratch, partial) !== 0;
    case 'sparseSum':
      kernels.sparseSumSegment(x, n, start, columns, coefficients, scratch, out);
      return true;
    case 'sparseNorms':
      kernels.sparseNormsSegment(x, n, start, scratch, partial);
      return true;
    case 'combine':
      kernels.combineRows(x, stride, n, columns, coefficients, out);
      return true;
    case 'moments':
      kernels.momentRows(x, stride, n, columns, task.kind, out);
      return true;
    case 'step':
      kernels.stepRows(x, stride, columns, task.kind, coefficients, out);
      return true;
    case 'adamw':
      kernels.adamwRows(x, stride, columns, coefficients, out);
      return true;
  }
}
