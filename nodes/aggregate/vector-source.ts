/** Vectors that lie in files, whatever their format, and the file that the aggregate is written to. */
import type { RowSource } from '../../src/aggregation/aggregate-stream.ts';
import type { VectorSink } from '../../src/linalg/column-source.ts';

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
