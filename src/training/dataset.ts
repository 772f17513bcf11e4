/**
 * A data set as training sees it: numbered examples that can be copied into a batch. Where the bytes come from (memory,
 * a file read in pieces, a generator) is the data set's own affair.
 */

export interface Batch {
  /** Row-major [size, ...featureShape]: float32 pixels and attributes, int32 tokens. */
  readonly features: Float32Array | Int32Array;
  /** Row-major [size, ...labelShape]; class numbers for classification, next tokens for text. */
  readonly labels: Int32Array;
  readonly size: number;
}

export interface Dataset {
  readonly name: string;
  readonly size: number;
  readonly featureShape: readonly number[];
  readonly featureType: 'float32' | 'int32';
  /** [] for one class number an example; [context] for one token a position. */
  readonly labelShape: readonly number[];
  /** Number of classes or of distinct tokens. */
  readonly classes: number;
  /** Of text: what each token stands for. */
  readonly vocabulary?: readonly string[];
  /** Copies the examples into a new batch; indices are below `size`. */
  read(indices: ArrayLike<number>): Batch;
  /** The label of an example (the first one for text), without reading its features; for partitions. */
  label(index: number): number;
}

/** A part of a request's examples. */
export interface Chunk {
  readonly batch: Batch;
  /** Of all examples of the request, 0..1. */
  readonly share: number;
}
