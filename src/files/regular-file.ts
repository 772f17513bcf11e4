/**
 * Files that are opened for reading by the name that somebody else gave them: regular files only, since a pipe would
 * be waited for and a device never ends, and no longer than the reader can use.
 */
import { closeSync, constants, fstatSync, openSync, readSync, statSync, type Stats } from 'node:fs';
import { OperatorError, invalidField } from '../foundation/operator-error.ts';
import { attempt } from './file-fault.ts';
import { KIND_BYTES, kindOf } from './file-kind.ts';

/** Throws OperatorError where the path is missing or leads, through links, to no regular file. */
export function checkRegular(path: string): Stats {
  const status = attempt('read', path, () => statSync(path));
  if (!status.isFile()) throw invalidField(path, 'be a file', describeOther(status));
  return status;
}

/** A descriptor for reading. The path may be swapped for a pipe meanwhile, so opening must not wait for a writer. */
export function openRegular(path: string): { readonly descriptor: number; readonly size: number } {
  checkRegular(path);
  // Windows knows no such flag, and no such pipes
  const flags = constants.O_RDONLY | ((constants.O_NONBLOCK as number | undefined) ?? 0);
  const descriptor = attempt('read', path, () => openSync(path, flags));
  const status = fstatSync(descriptor);
  if (!status.isFile()) {
    closeSync(descriptor);
    throw invalidField(path, 'be a file', describeOther(status));
  }
  return { descriptor, size: status.size };
}

/** A whole file of at most `mostBytes`. */
export function readRegular(path: string, mostBytes: number): Buffer {
  const { descriptor, size } = openRegular(path);
  try {
    if (size > mostBytes) throw invalidField(path, `be at most ${mostBytes} bytes long`, size);
    const bytes = Buffer.alloc(size);
    for (let done = 0; done < size;) {
      const got = attempt('read', path, () => readSync(descriptor, bytes, done, size - done, done));
      if (got === 0) throw new OperatorError(`${path} ends at byte ${done}, before its length of ${size}`);
      done += got;
    }
    return bytes;
  } finally {
    closeSync(descriptor);
  }
}

/** The JSON of a file of at most `mostBytes`. */
export function readJson(path: string, mostBytes: number): unknown {
  const bytes = readRegular(path, mostBytes);
  try {
    return JSON.parse(bytes.toString('utf8').replace(/^\ufeff/, '')) as unknown;
  } catch (error) {
    const kind = kindOf(bytes.subarray(0, KIND_BYTES));
    const reason =
      kind === undefined || kind === 'a JSON text' ? 'it is malformed or cut off' : `it is ${kind}`;
    throw new OperatorError(`${path} must be a JSON file, but ${reason}`, { cause: error });
  }
}

function describeOther(status: Stats): string {
  if (status.isDirectory()) return 'a folder';
  if (status.isFIFO()) return 'a pipe';
  if (status.isSocket()) return 'a socket';
  return 'a device';
}
