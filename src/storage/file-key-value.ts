/**
 * Large values in plain files beside a key-value store, each written once: a log-structured store would write one to its
 * log and again at each compaction, and would keep it in memory until then. A file is synced, and so is its name, before
 * the batch that refers to it is written; it is removed after the batch that drops it. So a crash leaves at most files
 * that nothing refers to, which the next opening removes. Seals stay in the key-value store: a file that is not what was
 * written is found when it is read.
 */
import { randomBytes } from 'node:crypto';
import { open, readdir, rm, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { makeFolder } from '../files/folder.ts';
import { equalBytes, toHex, utf8 } from '../foundation/bytes.ts';
import { SharedGarbage } from '../foundation/shared-garbage.ts';
import { sharedBytes } from '../foundation/shared-memory.ts';
import { LARGE_VALUE_BYTES, type KeyValue, type SealedOperation, type SealedValue } from './key-value.ts';
import { syncFolder } from './sync-folder.ts';

/** Before the keys of values that lie in files; what stands there is the file's name. */
const REFERENCE = 'z/';
const REFERENCE_END = 'z0';
/** The platform takes less than 2 GiB at a time. */
const LONGEST_TRANSFER_BYTES = 2 ** 30;

/** Values that were read: nobody keeps most of them for long. */
const garbage = new SharedGarbage();

interface Reference {
  readonly name: string;
  /** Of a value that this process wrote: the same need not be written again. */
  readonly seal?: Uint8Array;
}

export interface FileKeyValueOptions {
  /** Only look: files that nothing refers to are left. */
  readonly inspect: boolean;
}

export class FileKeyValue implements KeyValue {
  private readonly inner: KeyValue;
  private readonly folder: string;
  private readonly references: Map<string, Reference>;

  private constructor(inner: KeyValue, folder: string, references: Map<string, Reference>) {
    this.inner = inner;
    this.folder = folder;
    this.references = references;
  }

  static async open(inner: KeyValue, folder: string, options: FileKeyValueOptions): Promise<FileKeyValue> {
    const references = new Map<string, Reference>();
    for (const key of await inner.keys(REFERENCE, REFERENCE_END)) {
      const name = nameIn(await inner.get(key));
      if (name !== undefined) references.set(key.slice(REFERENCE.length), { name });
    }
    const values = new FileKeyValue(inner, folder, references);
    if (!options.inspect) {
      makeFolder(folder, { mode: 0o700 });
      await values.removeOrphans();
    }
    return values;
  }

  async get(key: string): Promise<SealedValue | undefined> {
    const reference = this.references.get(key);
    if (reference === undefined) return this.inner.get(key);
    const sealed = await this.inner.get(REFERENCE + key);
    const value = sealed && (await this.read(reference.name));
    return value && { seal: sealed.seal, value };
  }

  async write(operations: readonly SealedOperation[], durable: boolean): Promise<void> {
    const fresh = new Map<string, Reference>();
    const dropped = new Set<string>();
    const batch: SealedOperation[] = [];
    try {
      // of several operations on one key the last counts
      for (const operation of new Map(operations.map((each) => [each.key, each])).values()) {
        const { key } = operation;
        if (operation.type === 'put' && operation.value.length >= LARGE_VALUE_BYTES) {
          if (this.isWritten(key, operation.seal)) continue;
          const name = await this.writeFile(operation.value);
          fresh.set(key, { name, seal: operation.seal });
          batch.push({ type: 'put', key: REFERENCE + key, seal: operation.seal, value: utf8(name) });
          batch.push({ type: 'del', key });
          continue;
        }
        if (this.references.has(key)) {
          batch.push({ type: 'del', key: REFERENCE + key });
          dropped.add(key);
        }
        batch.push(operation);
      }
      if (fresh.size > 0) await syncFolder(this.folder);
      await this.inner.write(batch, durable);
    } catch (error) {
      for (const { name } of fresh.values()) await this.remove(name);
      throw error;
    }
    for (const key of [...dropped, ...fresh.keys()]) {
      const old = this.references.get(key);
      this.references.delete(key);
      if (old !== undefined) await this.remove(old.name);
    }
    for (const [key, reference] of fresh) this.references.set(key, reference);
  }

  async keys(from: string, to: string): Promise<string[]> {
    const large = [...this.references.keys()].filter((key) => key >= from && key < to);
    const small = await this.inner.keys(from, to);
    return large.length === 0 ? small : [...small, ...large].sort();
  }

  compact(from: string, to: string): Promise<void> {
    return this.inner.compact(from, to);
  }

  close(): Promise<void> {
    return this.inner.close();
  }

  private isWritten(key: string, seal: Uint8Array): boolean {
    const known = this.references.get(key)?.seal;
    return known !== undefined && equalBytes(known, seal);
  }

  /** The name of the new file, which is on the disk when this resolves. */
  private async writeFile(value: Uint8Array): Promise<string> {
    const name = toHex(randomBytes(16));
    const path = join(this.folder, name);
    try {
      const file = await open(path, 'wx', 0o600);
      try {
        await transfer(value, (part, at) =>
          file.write(part, 0, part.length, at).then(({ bytesWritten }) => bytesWritten),
        );
        await file.datasync();
      } finally {
        await file.close();
      }
    } catch (error) {
      await this.remove(name);
      throw error;
    }
    return name;
  }

  /** In memory that threads share; undefined where the file is gone. */
  private async read(name: string): Promise<Uint8Array | undefined> {
    let file: FileHandle;
    try {
      file = await open(join(this.folder, name), 'r');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
    try {
      const { size } = await file.stat();
      garbage.saw(size); // of values that were read before this one
      const value = sharedBytes(size);
      await transfer(value, (part, at) =>
        file.read(part, 0, part.length, at).then(({ bytesRead }) => bytesRead),
      );
      return value;
    } finally {
      await file.close();
    }
  }

  /** What stays is found again by the next opening. */
  private remove(name: string): Promise<void> {
    return rm(join(this.folder, name), { force: true }).catch(() => undefined);
  }

  private async removeOrphans(): Promise<void> {
    const known = new Set([...this.references.values()].map(({ name }) => name));
    for (const name of await readdir(this.folder)) if (!known.has(name)) await this.remove(name);
  }
}

function nameIn(sealed: SealedValue | undefined): string | undefined {
  const name = sealed === undefined ? '' : Buffer.from(sealed.value).toString('latin1');
  return /^[0-9a-f]{32}$/.test(name) ? name : undefined;
}

/** Moves all bytes in as many calls as it takes; a file that ends early leaves the rest as it was. */
async function transfer(
  bytes: Uint8Array,
  move: (part: Uint8Array, at: number) => Promise<number>,
): Promise<void> {
  for (let at = 0; at < bytes.length;) {
    const moved = await move(bytes.subarray(at, at + LONGEST_TRANSFER_BYTES), at);
    if (moved === 0) return;
    at += moved;
  }
}
