/**
 * The state that is being fetched from other peers, as far as it has come, so that a restart goes on with it: one sparse
 * file in a folder of its own, the digests of the pieces before the pieces. Nothing in it is trusted: whoever goes on with
 * it checks the list against the digest in the file's name, and each piece against the list. So nothing is synced, and a
 * torn write, a rotten block or a file of another version costs the pieces that it spoilt, which are fetched again.
 */
import { open, readdir, rm, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import type { Digest } from '../crypto/hash.ts';
import { makeFolder } from '../files/folder.ts';
import { meaningOf, systemCodeOf } from '../foundation/system-fault.ts';
import { reasonOf } from '../foundation/operator-error.ts';

/** A state, and the round that starts from it. */
export interface StateName {
  readonly round: number;
  readonly digest: Digest;
}

/** Where the pieces of one state are kept. Offsets are those of the state. */
export interface PartialFile {
  /** What stands where the piece list belongs, unchecked; undefined where nothing of this state is kept. */
  list(): Promise<Uint8Array | undefined>;
  /** Fills in what is kept from an offset on, unchecked; what is not there is left as it was. */
  read(bytes: Uint8Array, at: number): Promise<void>;
  /** The list is true. What was kept of another state, or under another list, goes. */
  begin(list: Uint8Array): void;
  /** Piece or pieces that are true; the bytes must not change until they are written. */
  keep(bytes: Uint8Array, at: number): void;
}

export class PartialState {
  private readonly folder: string;
  private readonly onFault: (sentence: string) => void;
  private kept: StateName | undefined;
  private file: FileHandle | undefined;
  private failed = false;
  private queue: Promise<void> = Promise.resolve();

  private constructor(folder: string, onFault: (sentence: string) => void) {
    this.folder = folder;
    this.onFault = onFault;
  }

  /** Looks for what an earlier process left. `onFault` is told once where nothing more can be kept; that harms nobody. */
  static async open(folder: string, onFault: (sentence: string) => void): Promise<PartialState> {
    const partial = new PartialState(folder, onFault);
    await partial.guarded(async () => {
      makeFolder(folder, { mode: 0o700 });
      const names = await readdir(folder);
      const found = names.map(nameIn).filter((name) => name !== undefined);
      partial.kept = found.sort((a, b) => b.round - a.round)[0];
      const own = partial.kept && fileName(partial.kept);
      for (const name of names) if (name !== own) await rm(join(folder, name), { recursive: true });
    });
    return partial;
  }

  /** The state whose fetch did not come to its end, in this process or in one before. */
  get unfinished(): StateName | undefined {
    return this.kept;
  }

  of(state: StateName, listBytes: number): PartialFile {
    const isKept = (): boolean => this.kept?.digest === state.digest;
    return {
      list: async () => {
        if (!isKept()) return undefined;
        const list = new Uint8Array(listBytes);
        await this.read(list, 0);
        return list;
      },
      read: (bytes, at) => this.read(bytes, listBytes + at),
      begin: (list) =>
        this.enqueue(async () => {
          await this.forget();
          this.kept = state;
          this.file = await open(this.path(state), 'w+', 0o600);
          await writeAll(this.file, list, 0);
        }),
      keep: (bytes, at) =>
        this.enqueue(async () => {
          const { kept } = this;
          // a later state took its place, or one of another list
          if (kept?.digest !== state.digest) return;
          await writeAll(await this.opened(kept), bytes, listBytes + at);
        }),
    };
  }

  /** This peer has the state of a round, so that of an earlier one is of no use. */
  dropUpTo(round: number): Promise<void> {
    this.enqueue(async () => {
      if (this.kept !== undefined && this.kept.round <= round) await this.forget();
    });
    return this.queue;
  }

  async close(): Promise<void> {
    await this.queue;
    this.failed = true;
    await this.file?.close();
    this.file = undefined;
  }

  private path(state: StateName): string {
    return join(this.folder, fileName(state));
  }

  private async opened(state: StateName): Promise<FileHandle> {
    return (this.file ??= await open(this.path(state), 'r+'));
  }

  /** A file that cannot be read holds nothing: all that it lacks is fetched. */
  private async read(bytes: Uint8Array, at: number): Promise<void> {
    await this.queue;
    const { kept } = this;
    if (kept === undefined || this.failed) return;
    try {
      const file = await this.opened(kept);
      for (let done = 0; done < bytes.length;) {
        const { bytesRead } = await file.read(bytes, done, bytes.length - done, at + done);
        if (bytesRead === 0) return;
        done += bytesRead;
      }
    } catch {
      // the checks find what is missing
    }
  }

  private async forget(): Promise<void> {
    const { kept, file } = this;
    [this.kept, this.file] = [undefined, undefined];
    await file?.close();
    if (kept !== undefined) await rm(this.path(kept), { force: true });
  }

  private enqueue(work: () => Promise<void>): void {
    this.queue = this.queue.then(() => this.guarded(work));
  }

  /** After a fault nothing is kept any more, and the room goes back to the disk. */
  private async guarded(work: () => Promise<void>): Promise<void> {
    if (this.failed) return;
    try {
      await work();
    } catch (error) {
      this.failed = true;
      await this.forget().catch(() => undefined);
      const code = systemCodeOf(error);
      const why = code === undefined ? reasonOf(error) : meaningOf(code);
      this.onFault(
        `what is fetched of a state is not kept in ${this.folder} (${why}): a restart would begin with it anew`,
      );
    }
  }
}

function fileName({ round, digest }: StateName): string {
  return `${round}-${digest}`;
}

function nameIn(file: string): StateName | undefined {
  const [, round = '', digest = ''] = /^(\d{1,15})-([0-9a-f]{64})$/.exec(file) ?? [];
  return digest === '' ? undefined : { round: Number(round), digest };
}

async function writeAll(file: FileHandle, bytes: Uint8Array, at: number): Promise<void> {
  for (let done = 0; done < bytes.length;) {
    done += (await file.write(bytes, done, bytes.length - done, at + done)).bytesWritten;
  }
}
