/**
 * What a vector becomes on the wire, and back. Encoding and decoding are functions of their arguments alone (the seed
 * in the context included), built from + - * / and sqrt: every peer reads the same bits from the same bytes, and every
 * committee member writes the same bytes for the same update.
 * A decoder allocates by the experiment's d, never by a length or an index that the sender claims.
 */

import type { PackedRow } from '../linalg/packed-row.ts';

/** Why bytes from a peer are no vector of this experiment. */
export type DecodeFault = 'wrong-length' | 'not-finite' | 'malformed';

export interface CompressionContext {
  readonly round: number;
  /** The beacon's 32-byte seed of the round. */
  readonly seed: Uint8Array;
  /** The sender's peer id: masks and dithers that are its own derive from it. '' for an update of the committee. */
  readonly worker: string;
  /** The sender's memory between rounds, for encoders that start warm (PowerSGD); decoders never read it. */
  readonly memory?: Memory;
}

/**
 * What a worker remembers between rounds: named vectors and numbers. In memory alone: after a restart, or a state from a
 * checkpoint, it begins empty (docs/protocol.md, "A worker's memory").
 */
export type Memory = Map<string, Float32Array | number>;

/** Reads an encoded vector where it lies. */
export interface VectorReader {
  /** Writes values start..end-1 to the first of `out`. Some encodings are cheap to read in ascending order only. */
  read(start: number, end: number, out: Float32Array): void;
  /** Another reader of the same bytes: two that are at different places do not disturb each other. */
  fork(): VectorReader;
  /** The form in which kernels unpack the vector themselves; absent where only `read` can. */
  readonly packed?: PackedRow;
  /**
   * The memory that was taken for reading serves again: nobody, on any thread, reads by this reader or in `packed` any more.
   * Absent where none was taken; whoever does not call it leaves the memory to the collector.
   */
  readonly release?: () => void;
}

export interface Compressor {
  readonly name: string;
  /** Length of the vectors. */
  readonly d: number;
  /** E C(x) = x, for every x. */
  readonly unbiased: boolean;
  /** E||C(x) - x||^2 <= omega ||x||^2; undefined where only `alpha` is known. */
  readonly omega: number | undefined;
  /** E||C(x) - x||^2 <= (1 - alpha) ||x||^2 with 0 < alpha <= 1 (a contraction); undefined where omega >= 1. */
  readonly alpha: number | undefined;
  /** D_Q with ||C(x)|| <= D_Q ||x|| for every draw; undefined where there is none. */
  readonly normBound: number | undefined;
  /** The most bytes that `encode` returns and `decode` accepts. */
  readonly maxBytes: number;
  /** Every encoding has exactly `maxBytes` bytes. */
  readonly fixedLength: boolean;
  /** The bytes of a finite vector of length d. */
  encode(vector: Float32Array, context: CompressionContext): Uint8Array;
  /** A reader of what was encoded, after a check of all of it; or the fault. */
  open(bytes: Uint8Array, context: CompressionContext): VectorReader | DecodeFault;
  /** Writes all d values of `out`, or names the fault (`out` is then undefined garbage). */
  decode(bytes: Uint8Array, context: CompressionContext, out: Float32Array): DecodeFault | undefined;
}

/** A tensor of the model inside the flat vector, in the order of the parameters; for compressors that use shapes. */
export interface TensorShape {
  readonly name: string;
  readonly shape: readonly number[];
}
