/** The little that the store asks of a key-value store: ordered keys, atomic batches, and batches that are synced. */
import { concatBytes } from '../foundation/bytes.ts';

export type Operation =
  | { readonly type: 'put'; readonly key: string; readonly value: Uint8Array }
  | { readonly type: 'del'; readonly key: string };

/** A value and its seal, which stands before it on the disk; apart, so that a large value is not copied for it. */
export interface SealedValue {
  readonly seal: Uint8Array;
  readonly value: Uint8Array;
}

export type SealedOperation =
  | ({ readonly type: 'put'; readonly key: string } & SealedValue)
  | { readonly type: 'del'; readonly key: string };

export const SEAL_BYTES = 16;

/** From here on a value is kept as it is instead of being copied: in a file of its own, or in memory by reference. */
export const LARGE_VALUE_BYTES = 262_144;

export interface KeyValue {
  get(key: string): Promise<SealedValue | undefined>;
  /** All or nothing; with `durable` it is on the disk when it resolves. Large values must not change afterwards. */
  write(operations: readonly SealedOperation[], durable: boolean): Promise<void>;
  /** Keys of from <= key < to, ascending. */
  keys(from: string, to: string): Promise<string[]>;
  /** Gives the room of dropped values of from <= key < to back to the disk. */
  compact(from: string, to: string): Promise<void>;
  close(): Promise<void>;
}

/** Seal and value behind one another. */
export function joined({ seal, value }: SealedValue): Uint8Array {
  return concatBytes(seal, value);
}

export function parted(bytes: Uint8Array): SealedValue {
  return { seal: bytes.subarray(0, SEAL_BYTES), value: bytes.subarray(SEAL_BYTES) };
}

/**
 * The number of the last durable write, kept outside the key-value store: when the store comes back with less, its end
 * was lost and it cannot know.
 */
export interface Witness {
  /** Undefined where it was never written or cannot be read. */
  read(): Promise<number | undefined>;
  /** Durable when it resolves. */
  write(sequence: number): Promise<void>;
  close(): Promise<void>;
}
