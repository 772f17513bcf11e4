/** Files read at offsets and written whole or not at all. Faults are the operator's and name the file. */
import { closeSync, openSync, readSync, renameSync, rmSync, writeSync } from 'node:fs';
import { openRegular } from '../files/regular-file.ts';
import { assert } from '../foundation/assert.ts';
import { bytesOf } from '../foundation/bytes.ts';
import { OperatorError } from '../foundation/operator-error.ts';

/** Bytes that can be read at offsets: a file or a buffer. */
export interface BinarySource {
  /** Names the source in faults. */
  readonly name: string;
  readonly size: number;
  /** Fills `into` from the offset; throws an OperatorError where the source ends before. */
  read(offset: number, into: Uint8Array): void;
  close(): void;
}

export function openBinaryFile(path: string): BinarySource {
  const { descriptor: file, size } = openRegular(path);
  return {
    name: path,
    size,
    read(offset, into) {
      for (let done = 0; done < into.length;) {
        const got = attempt(path, 'read', () =>
          readSync(file, into, done, into.length - done, offset + done),
        );
        if (got === 0) throw new OperatorError(`${path} ends at byte ${offset + done}, before its data does`);
        done += got;
      }
    },
    close: () => closeSync(file),
  };
}

export function binarySourceOf(bytes: Uint8Array, name: string): BinarySource {
  return {
    name,
    size: bytes.length,
    read(offset, into) {
      if (offset + into.length > bytes.length) {
        throw new OperatorError(`${name} ends at byte ${bytes.length}, before its data does`);
      }
      into.set(bytes.subarray(offset, offset + into.length));
    },
    close: () => {},
  };
}

/** Writes beside the path and takes the path's place only when finished. */
export class PartialFile {
  private readonly path: string;
  private readonly partialPath: string;
  private readonly file: number;
  private open = true;

  constructor(path: string) {
    this.path = path;
    this.partialPath = `${path}.partial`;
    this.file = attempt(path, 'write', () => openSync(this.partialPath, 'w'));
  }

  write(data: ArrayBufferView): void {
    assert(this.open, 'the file is still open');
    const bytes = bytesOf(data);
    for (let done = 0; done < bytes.length;) {
      done += attempt(this.path, 'write', () => writeSync(this.file, bytes, done, bytes.length - done));
    }
  }

  finish(): void {
    this.close();
    attempt(this.path, 'write', () => renameSync(this.partialPath, this.path));
  }

  /** Leaves nothing behind; harmless once finished. */
  abandon(): void {
    if (!this.open) return;
    this.close();
    rmSync(this.partialPath, { force: true });
  }

  private close(): void {
    this.open = false;
    closeSync(this.file);
  }
}

function attempt<T>(path: string, verb: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new OperatorError(`cannot ${verb} ${path}: ${code ?? message}`);
  }
}
