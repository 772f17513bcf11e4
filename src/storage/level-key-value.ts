/** LevelDB (classic-level) as the store's key-value store. Values are not compressed: they are dense already. */
import { ClassicLevel } from 'classic-level';
import { bytesOf } from '../foundation/bytes.ts';
import { joined, parted, type KeyValue, type SealedOperation, type SealedValue } from './key-value.ts';

const CACHE_BYTES = 8 << 20;
/** Bounds the log that a restart replays, and with it how many batches one log can hold. */
const WRITE_BUFFER_BYTES = 4 << 20;

export class LevelKeyValue implements KeyValue {
  private readonly level: ClassicLevel<string, Uint8Array>;

  private constructor(level: ClassicLevel<string, Uint8Array>) {
    this.level = level;
  }

  /** Throws the store's own errors, with LevelDB's code in `cause.code`. */
  static async open(path: string, createIfMissing: boolean): Promise<LevelKeyValue> {
    const level = new ClassicLevel<string, Uint8Array>(path, {
      keyEncoding: 'utf8',
      valueEncoding: 'view',
      compression: false,
      cacheSize: CACHE_BYTES,
      writeBufferSize: WRITE_BUFFER_BYTES,
    });
    await level.open({ createIfMissing });
    return new LevelKeyValue(level);
  }

  async get(key: string): Promise<SealedValue | undefined> {
    const value = await this.level.get(key);
    return value === undefined ? undefined : parted(bytesOf(value)); // a plain array, not Node's Buffer
  }

  async write(operations: readonly SealedOperation[], durable: boolean): Promise<void> {
    const batch = operations.map((operation) =>
      operation.type === 'del'
        ? operation
        : { type: 'put' as const, key: operation.key, value: joined(operation) },
    );
    await this.level.batch(batch, { sync: durable });
  }

  async keys(from: string, to: string): Promise<string[]> {
    return this.level.keys({ gte: from, lt: to }).all();
  }

  compact(from: string, to: string): Promise<void> {
    return this.level.compactRange(from, to);
  }

  close(): Promise<void> {
    return this.level.close();
  }
}
