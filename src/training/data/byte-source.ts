/**
 * Bytes of a file at any offset: held in memory where they fit the budget, else read from disk piece by piece. A gzip
 * file cannot be read from the middle, so it must fit.
 */
import { constants } from 'node:buffer';
import { fstatSync, openSync, readSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { OperatorError, invalidField } from '../../foundation/operator-error.ts';

const unpack = promisify(gunzip);

export interface ByteSource {
  readonly path: string;
  readonly length: number;
  /** Whether the bytes stay on disk. */
  readonly streamed: boolean;
  /** Bytes [offset, offset + length), valid until the next call; the range lies within the file. */
  read(offset: number, length: number): Uint8Array;
}

/** A file's bytes, unpacked where its name ends with `.gz`; files above `memoryBytes` stay on disk. */
export async function openBytes(path: string, memoryBytes: number): Promise<ByteSource> {
  const size = await fileSize(path);
  if (path.endsWith('.gz')) return holdBytes(path, await unpackFile(path, memoryBytes));
  if (size > memoryBytes) return new FileSource(path);
  return holdBytes(path, await readFile(path));
}

export function holdBytes(path: string, bytes: Uint8Array): ByteSource {
  return {
    path,
    length: bytes.length,
    streamed: false,
    read: (offset, length) => bytes.subarray(offset, offset + length),
  };
}

async function fileSize(path: string): Promise<number> {
  try {
    const stats = await stat(path);
    if (!stats.isFile()) throw invalidField(path, 'be a file', 'a folder');
    return stats.size;
  } catch (error) {
    if (error instanceof OperatorError) throw error;
    throw invalidField(path, 'be a file that can be read', (error as NodeJS.ErrnoException).code);
  }
}

async function unpackFile(path: string, memoryBytes: number): Promise<Uint8Array> {
  const packed = await readFile(path);
  const most = Math.max(1, Math.floor(memoryBytes));
  try {
    return await unpack(packed, { maxOutputLength: Math.min(most, constants.MAX_LENGTH) });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ERR_BUFFER_TOO_LARGE') {
      const rule = `unpack to at most ${most} bytes (gunzip it first, and it is read piece by piece)`;
      throw invalidField(path, rule, 'more');
    }
    throw invalidField(path, 'be a whole gzip file', message);
  }
}

/** The descriptor lives as long as the process: a data set is open until the end. */
class FileSource implements ByteSource {
  readonly path: string;
  readonly length: number;
  readonly streamed = true;
  private readonly descriptor: number;
  private buffer = new Uint8Array(0);

  constructor(path: string) {
    this.path = path;
    this.descriptor = openSync(path, 'r');
    this.length = fstatSync(this.descriptor).size;
  }

  read(offset: number, length: number): Uint8Array {
    if (this.buffer.length < length) this.buffer = new Uint8Array(length);
    let got = 0;
    while (got < length) {
      const count = readSync(this.descriptor, this.buffer, got, length - got, offset + got);
      if (count === 0) {
        throw invalidField(this.path, 'keep its length while it is read', `end at byte ${offset + got}`);
      }
      got += count;
    }
    return this.buffer.subarray(0, length);
  }
}
