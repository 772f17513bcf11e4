/** LevelDB (classic-level) as the store's key-value store. Values are not compressed: they are dense already. */
import { ClassicLevel } from 'classic-level';
import { bytesOf } from '../foundation/bytes.ts';
import type { KeyValue, Operation } from './key-value.ts';

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

  async get(key: string): Promise<Uint8Array | undefined> {
    const value = await this.level.get(key);
    return value === undefined ? undefined : bytesOf(value); // a plain array, not Node's Buffer
  }

  async write(operations: readonly Operation[], durable: boolean): Promise<void> {
    await this.level.batch([...operations], { sync: durable });
  }

  async keys(from: string, to: string): Promise<string[]> {
    return this.level.keys({ gte: from, lt: to }).all();
  }

  close(): Promise<void> {
    return this.level.close();
  }
}
