/**
 * The one way in which a file is written: beside its place under a name of its own, synced, and moved into its place
 * when it is whole. So a reader sees the old file or the new one, two writers never mix, and nothing is left behind
 * by a throw, a full disk or a signal. Faults are OperatorErrors that name the path.
 */
import { randomBytes } from 'node:crypto';
import {
  closeSync,
  fsyncSync,
  linkSync,
  lstatSync,
  openSync,
  realpathSync,
  renameSync,
  writeSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { assert } from '../foundation/assert.ts';
import { bytesOf, utf8 } from '../foundation/bytes.ts';
import { OperatorError } from '../foundation/operator-error.ts';
import { systemCodeOf } from '../foundation/system-fault.ts';
import { attempt, fileFault, lstatOf } from './file-fault.ts';
import { beginFile, endFile, removeFile } from './unfinished-files.ts';

export interface WholeFileOptions {
  /** Access bits of the new file; 0666 less the umask unless given. */
  readonly mode?: number;
  /** Refuse to take the place of a file that is there. */
  readonly exclusive?: boolean;
}

const LONGEST_NAME_BYTES = 255;

/** A name beside `path` that no other process and no other file of this one has. */
export function nameBeside(path: string): string {
  const mark = `.${process.pid}-${randomBytes(6).toString('hex')}.partial`;
  let name = basename(path);
  while (Buffer.byteLength(name) + mark.length > LONGEST_NAME_BYTES) name = name.slice(0, -1);
  return join(dirname(path), name + mark);
}

export class WholeFile {
  /** What faults call it: as it was given. */
  private readonly path: string;
  private readonly place: string;
  private readonly partialPath: string;
  private readonly exclusive: boolean;
  private readonly descriptor: number;
  private open = true;

  constructor(path: string, options: WholeFileOptions = {}) {
    this.path = path;
    this.place = attempt('write', path, () => throughLinks(path));
    this.partialPath = nameBeside(this.place);
    this.exclusive = options.exclusive ?? false;
    beginFile(this.partialPath);
    try {
      this.descriptor = openSync(this.partialPath, 'wx+', options.mode ?? 0o666);
    } catch (error) {
      endFile(this.partialPath);
      throw fileFault(error, 'write', path);
    }
  }

  write(data: ArrayBufferView | string): void {
    assert(this.open, 'the file is still open');
    const bytes = typeof data === 'string' ? utf8(data) : bytesOf(data);
    for (let done = 0; done < bytes.length;) {
      done += attempt('write', this.path, () => writeSync(this.descriptor, bytes, done, bytes.length - done));
    }
  }

  /** Moves the file into its place; it is on the disk when this returns. */
  finish(): void {
    assert(this.open, 'the file is still open');
    try {
      attempt('write', this.path, () => fsyncSync(this.descriptor));
      this.close();
      attempt('write', this.path, () => this.move());
    } catch (error) {
      this.remove();
      throw error;
    }
    endFile(this.partialPath);
    syncFolder(dirname(this.place));
  }

  /** Leaves nothing behind; harmless once finished. */
  abandon(): void {
    if (this.open) this.remove();
  }

  private move(): void {
    if (!this.exclusive) return renameSync(this.partialPath, this.place);
    try {
      linkSync(this.partialPath, this.place);
    } catch (error) {
      if (systemCodeOf(error) === 'EEXIST' || lstatOf(this.place) !== undefined) {
        throw new OperatorError(`cannot write ${this.path}: it exists already`);
      }
      return renameSync(this.partialPath, this.place); // a file system without hard links
    }
    removeFile(this.partialPath);
  }

  private remove(): void {
    if (this.open) this.close();
    removeFile(this.partialPath);
    endFile(this.partialPath);
  }

  private close(): void {
    this.open = false;
    closeSync(this.descriptor);
  }
}

/** Writes a file whole or not at all. */
export function writeWholeFile(
  path: string,
  content: ArrayBufferView | string,
  options: WholeFileOptions = {},
): void {
  const file = new WholeFile(path, options);
  try {
    file.write(content);
    file.finish();
  } finally {
    file.abandon();
  }
}

/** Where a path that is a link leads, so that the link stays and what it leads to is replaced. */
function throughLinks(path: string): string {
  return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true ? realpathSync(path) : path;
}

/** A new name is on the disk only with its folder; where folders cannot be synced (Windows) the system sees to it. */
function syncFolder(path: string): void {
  let descriptor: number | undefined;
  try {
    descriptor = openSync(path, 'r');
    fsyncSync(descriptor);
  } catch {
    return;
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}
