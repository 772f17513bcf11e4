/** The little that the store asks of a key-value store: ordered keys, atomic batches, and batches that are synced. */

export type Operation =
  | { readonly type: 'put'; readonly key: string; readonly value: Uint8Array }
  | { readonly type: 'del'; readonly key: string };

export interface KeyValue {
  get(key: string): Promise<Uint8Array | undefined>;
  /** All or nothing; with `durable` it is on the disk when it resolves. */
  write(operations: readonly Operation[], durable: boolean): Promise<void>;
  /** Keys of from <= key < to, ascending. */
  keys(from: string, to: string): Promise<string[]>;
  close(): Promise<void>;
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
