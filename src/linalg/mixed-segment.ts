/**
 * One segment of a column statistic of mixed rows: a few columns at a time are mixed to the scratch memory of one thread and
 * read from there while they lie in its cache, so that no matrix of mixtures is ever held.
 */
import type { KernelThread, SegmentPlaces } from './kernel-thread.ts';
import { rowStride } from './scratch.ts';

/** 16 KiB of each mixture. */
const MIXED_COLUMNS = 4096;
const MIXED_STRIDE = rowStride(MIXED_COLUMNS);

/** What mixtures take of a thread's scratch memory; behind them lies the statistic's own. */
export function mixedBytes(count: number): number {
  return count * MIXED_STRIDE;
}

/** Of a task (kernel-task.ts): `count` mixtures of n rows, and what their statistic takes. */
interface MixedOperands {
  readonly n: number;
  readonly points: number;
  readonly count: number;
  readonly coefficients: number;
  readonly columnKernel: number;
  readonly kind: number;
  readonly trim: number;
  readonly keep: number;
}

export function mixSegment(
  task: MixedOperands,
  columns: number,
  { kernels, columnKernels }: KernelThread,
  { x, stride, scratch, out }: SegmentPlaces,
): void {
  const { n, points, count, coefficients } = task;
  const beside = scratch + mixedBytes(count);
  const network = columnKernels.get(task.columnKernel);
  for (let start = 0; start < columns; start += MIXED_COLUMNS) {
    const width = Math.min(MIXED_COLUMNS, columns - start);
    const to = out + start * Float32Array.BYTES_PER_ELEMENT;
    kernels.mixRows(
      ...[x + start * Float32Array.BYTES_PER_ELEMENT, stride, n, width],
      ...[points, count, scratch, MIXED_STRIDE],
    );
    if (network !== undefined) network(scratch, MIXED_STRIDE, width, beside, coefficients, to);
    else
      kernels.selectColumns(
        ...[scratch, MIXED_STRIDE, count, width, task.kind, task.trim, task.keep],
        ...[beside, coefficients, to],
      );
  }
}
