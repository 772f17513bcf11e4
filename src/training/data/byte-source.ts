/**
 * Bytes of a file at any offset: held in memory where they fit the budget, else read from disk piece by piece. A gzip
 * file, told by its first bytes and not by its name, cannot be read from the middle, so it must fit.
 */
import { constants } from 'node:buffer';
import { closeSync, readSync } from 'node:fs';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { KIND_BYTES, kindOf } from '../../files/file-kind.ts';
import { openRegular, readRegular } from '../../files/regular-file.ts';
import { invalidField } from '../../foundation/operator-error.ts';

const unpack = promisify(gunzip);

export interface ByteSource {
  readonly path: string;
  readonly length: number;
  /** Whether the bytes stay on disk. */
  readonly streamed: boolean;
  /** Bytes [offset, offset + length), valid until the next call; the range lies within the file. */
  read(offset: number, length: number): Uint8Array;
}

/** A file's bytes, unpacked where it is gzip; files above `memoryBytes` stay on disk. */
export async function openBytes(path: string, memoryBytes: number): Promise<ByteSource> {
  const file = new FileSource(path);
  const isGzip = file.length >= 2 && Buffer.from(file.read(0, 2)).equals(GZIP);
  if (!isGzip && file.length > memoryBytes) return file;
  file.close();
  const bytes = readRegular(path, constants.MAX_LENGTH);
  return holdBytes(path, isGzip ? await unpackBytes(path, bytes, memoryBytes) : bytes);
}

const GZIP = Buffer.of(0x1f, 0x8b);

export function holdBytes(path: string, bytes: Uint8Array): ByteSource {
  return {
    path,
    length: bytes.length,
    streamed: false,
    read: (offset, length) => bytes.subarray(offset, offset + length),
  };
}

/** `: it is an HTML page` where the bytes are something known, for the end of a sentence that refuses them; else empty. */
export function kindHint(source: ByteSource): string {
  const kind = kindOf(source.read(0, Math.min(KIND_BYTES, source.length)));
  return kind === undefined ? '' : `: it is ${kind}`;
}

async function unpackBytes(path: string, packed: Uint8Array, memoryBytes: number): Promise<Uint8Array> {
  const most = Math.max(1, Math.floor(memoryBytes));
  try {
    return await unpack(packed, { maxOutputLength: Math.min(most, constants.MAX_LENGTH) });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ERR_BUFFER_TOO_LARGE') {
      const rule = `unpack to at most ${most} bytes (gunzip it first, and it is read piece by piece)`;
      throw invalidField(path, rule, 'more');
    }
    throw invalidField(
      path,
      'be a whole gzip file',
      code === 'Z_BUF_ERROR' ? 'one that is cut off' : message,
    );
  }
}

/** The descriptor lives as long as the process, unless it is closed: a data set is open until the end. */
class FileSource implements ByteSource {
  readonly path: string;
  readonly length: number;
  readonly streamed = true;
  private readonly descriptor: number;
  private buffer = new Uint8Array(0);

  constructor(path: string) {
    this.path = path;
    const { descriptor, size } = openRegular(path);
    this.descriptor = descriptor;
    this.length = size;
  }

  close(): void {
    closeSync(this.descriptor);
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
