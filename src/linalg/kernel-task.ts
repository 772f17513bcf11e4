/**
 * A task that several threads share: segments of columns, claimed one by one from a common counter. What a segment
 * computes goes to a place of its own, so neither the number of threads nor their order can change a byte.
 *
 * Protocol, on one small shared array: the owner writes the arguments, opens the task under a new number and wakes the
 * workers. A worker counts itself active BEFORE it looks whether the task is open. The owner works along until no
 * segment is left, closes the task, and waits until nobody is active: after that, no worker can hold old arguments.
 * A worker that is slow to start or to wake simply comes too late.
 */
import { SEGMENT_COLUMNS } from './gram-blocks.ts';

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

/** Never the number of a task: no task is open. */
export const CLOSED = 0;
/** Instead of a task's number: the worker ends. */
export const SHUT_DOWN = -1;

export interface KernelExports {
  gramScratchBytes(n: number): number;
  gramSegment(...addresses: number[]): void;
  weightedSumScratchBytes(): number;
  weightedSum(...addresses: number[]): void;
  squaredDistances(...addresses: number[]): void;
  findNonFinite(...addresses: number[]): void;
  selectScratchBytes(n: number): number;
  selectColumns(...addresses: number[]): void;
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

export const KERNELS = [
  'gram',
  'weightedSum',
  'squaredDistances',
  'findNonFinite',
  'columns',
  'selectColumns',
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
  /** For selectColumns (column-selection.ts). */
  readonly kind: number;
  readonly trim: number;
  readonly keep: number;
}

export function segmentCount(d: number): number {
  return Math.ceil(d / SEGMENT_COLUMNS);
}

/** The numbers of a task in the order in which they are written. */
const NUMBERS = [
  ...(['x', 'stride', 'n', 'd', 'vector', 'coefficients', 'out', 'outBytes'] as const),
  ...(['scratch', 'scratchBytes', 'columnKernel', 'kind', 'trim', 'keep'] as const),
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
export function runSegments(
  control: Int32Array,
  task: KernelTask,
  thread: number,
  kernels: KernelExports,
  columnKernels: ReadonlyMap<number, ColumnKernel>,
): void {
  const total = segmentCount(task.d);
  for (;;) {
    const segment = Atomics.add(control, CONTROL.NEXT, 1);
    if (segment >= total) return;
    runSegment(task, segment, thread, kernels, columnKernels);
  }
}

function runSegment(
  task: KernelTask,
  segment: number,
  thread: number,
  kernels: KernelExports,
  columnKernels: ReadonlyMap<number, ColumnKernel>,
): void {
  const start = segment * SEGMENT_COLUMNS;
  const offset = start * Float32Array.BYTES_PER_ELEMENT;
  const columns = Math.min(SEGMENT_COLUMNS, task.d - start);
  const { stride, n, coefficients } = task;
  const x = task.x + offset;
  const vector = task.vector && task.vector + offset;
  const scratch = task.scratch + thread * task.scratchBytes;
  const partial = task.out + segment * task.outBytes;
  switch (task.kernel) {
    case 'gram':
      kernels.gramSegment(x, stride, n, columns, vector, scratch, partial);
      return;
    case 'squaredDistances':
      kernels.squaredDistances(x, stride, n, columns, vector, partial);
      return;
    case 'findNonFinite':
      kernels.findNonFinite(x, stride, n, columns, partial);
      return;
    case 'weightedSum':
      kernels.weightedSum(x, stride, n, columns, coefficients, vector, scratch, task.out + offset);
      return;
    case 'selectColumns':
      kernels.selectColumns(
        ...[x, stride, n, columns, task.kind, task.trim, task.keep],
        ...[scratch, coefficients, task.out + offset],
      );
      return;
    case 'columns':
      columnKernels.get(task.columnKernel)!(x, stride, columns, scratch, coefficients, task.out + offset);
      return;
  }
}
