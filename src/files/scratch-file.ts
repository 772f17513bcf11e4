/**
 * A file for what does not fit in memory: written, read back, and gone with its descriptor. Its name is taken away as
 * soon as it is open, so that not even SIGKILL leaves it behind.
 */
import { closeSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { bytesOf } from '../foundation/bytes.ts';
import { OperatorError } from '../foundation/operator-error.ts';
import { attempt } from './file-fault.ts';
import { beginFile, endFile, removeFile } from './unfinished-files.ts';
import { nameBeside } from './whole-file.ts';

export class ScratchFile {
  private readonly path: string;
  private readonly descriptor: number;
  private size = 0;
  private open = true;

  /** On the disk that holds `near`. */
  constructor(near: string) {
    this.path = nameBeside(near);
    beginFile(this.path);
    this.descriptor = attempt('write', near, () => openSync(this.path, 'wx+', 0o600));
    try {
      rmSync(this.path);
      endFile(this.path);
    } catch {
      // a system that keeps the names of open files: it goes when the file is closed
    }
  }

  append(data: ArrayBufferView): void {
    const bytes = bytesOf(data);
    for (let done = 0; done < bytes.length;) {
      const written = attempt('write', this.path, () =>
        writeSync(this.descriptor, bytes, done, bytes.length - done, this.size),
      );
      done += written;
      this.size += written;
    }
  }

  read(offset: number, into: Uint8Array): void {
    for (let done = 0; done < into.length;) {
      const got = attempt('read', this.path, () =>
        readSync(this.descriptor, into, done, into.length - done, offset + done),
      );
      if (got === 0) throw new OperatorError(`cannot read ${this.path}: it was cut off by another program`);
      done += got;
    }
  }

  close(): void {
    if (!this.open) return;
    this.open = false;
    closeSync(this.descriptor);
    removeFile(this.path);
    endFile(this.path);
  }
}
