/** Files read at offsets. Faults are the operator's and name the file. */
import { closeSync, readSync } from 'node:fs';
import { attempt } from '../files/file-fault.ts';
import { openRegular } from '../files/regular-file.ts';
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
        const got = attempt('read', path, () =>
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
