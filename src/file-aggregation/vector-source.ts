/** Vectors that lie in files, whatever their format, what they must be, and the file that the aggregate is written to. */
import type { RowSource } from '../aggregation/aggregate-stream.ts';
import { OperatorError } from '../foundation/operator-error.ts';
import type { VectorSink } from '../linalg/column-source.ts';

/** What becomes of tensors that are no floats (a counter of batches): `copy` takes those of the first file. */
export const INTEGER_TENSORS = ['refuse', 'copy', 'skip'] as const;

export type IntegerTensors = (typeof INTEGER_TENSORS)[number];

export interface VectorFiles {
  readonly source: RowSource;
  /** Of the rows; undefined where they are rows of one matrix. */
  readonly names: readonly string[] | undefined;
  readonly bytesRead: () => number;
  /** Starts the output, which is of the inputs' kind and type. */
  createOutput(path: string): VectorOutput;
  close(): void;
}

export interface VectorOutput extends VectorSink {
  /** Puts the file in its place. */
  finish(): void;
  /** Leaves nothing behind; harmless once finished. */
  abandon(): void;
}

/** Refuses NaN and infinities (float64 values beyond float32 have become infinite) of a piece that begins at `start`. */
export function checkFinite(values: Float32Array, start: number, what: string): void {
  for (let c = 0; c < values.length; c++) {
    const value = values[c] as number;
    if (value - value !== 0) {
      throw new OperatorError(`${what} must be finite in float32, got ${value} in column ${start + c}`);
    }
  }
}
