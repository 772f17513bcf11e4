/**
 * Takes named files out of a gzip-packed tar archive (POSIX ustar): regular files only, by the last part of their
 * names, so nothing can be written outside the folder.
 */
import { createReadStream } from 'node:fs';
import { open, rename, rm, type FileHandle } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { OperatorError, invalidField } from '../../foundation/operator-error.ts';

const BLOCK_BYTES = 512;
const REGULAR = new Set(['0', '\0']);

/** Writes the wanted files into `dir`; all of them must be in the archive. */
export async function unpackTar(archive: string, dir: string, wanted: readonly string[]): Promise<void> {
  const missing = new Set(wanted);
  const unpacked = createGunzip();
  createReadStream(archive)
    .on('error', (error) => unpacked.destroy(error))
    .pipe(unpacked);
  const reader = new BlockReader(unpacked);
  try {
    for (;;) {
      const header = await reader.take(BLOCK_BYTES);
      if (header === undefined || header[0] === 0) break; // the end: blocks of zeros
      const name = basename(textOf(header, 0, 100));
      const size = Number.parseInt(textOf(header, 124, 136), 8);
      if (!Number.isSafeInteger(size)) throw invalidField(archive, 'have octal sizes in its headers', name);
      const isWanted = missing.has(name) && REGULAR.has(String.fromCharCode(header[156] as number));
      if (isWanted) {
        await writeFileFrom(reader, join(dir, name), size);
        missing.delete(name);
      } else await reader.skip(size);
      await reader.skip((BLOCK_BYTES - (size % BLOCK_BYTES)) % BLOCK_BYTES);
    }
  } catch (error) {
    if (error instanceof OperatorError) throw error;
    throw invalidField(archive, 'be a whole .tar.gz archive', (error as Error).message);
  } finally {
    reader.close();
  }
  if (missing.size > 0)
    throw invalidField(archive, `hold ${wanted.join(', ')}`, `none named ${[...missing][0]}`);
}

async function writeFileFrom(reader: BlockReader, path: string, size: number): Promise<void> {
  const temporary = `${path}.part`;
  let file: FileHandle | undefined;
  try {
    file = await open(temporary, 'w');
    let left = size;
    while (left > 0) {
      const bytes = await reader.some(left);
      await file.write(bytes);
      left -= bytes.length;
    }
    await file.sync();
    await file.close();
    file = undefined;
    await rename(temporary, path);
  } finally {
    await file?.close();
    await rm(temporary, { force: true });
  }
}

class BlockReader {
  private readonly source: Readable;
  private readonly chunks: AsyncIterator<Buffer>;
  private pending: Buffer = Buffer.alloc(0);

  constructor(source: Readable) {
    this.source = source;
    this.chunks = source[Symbol.asyncIterator]();
  }

  /** Exactly so many bytes; undefined at the end of the stream. */
  async take(length: number): Promise<Buffer | undefined> {
    while (this.pending.length < length) {
      if (await this.pull()) continue;
      if (this.pending.length === 0) return undefined;
      throw new Error('unexpected end of file');
    }
    return this.cut(length);
  }

  /** From one to `most` bytes. */
  async some(most: number): Promise<Buffer> {
    while (this.pending.length === 0) {
      if (!(await this.pull())) throw new Error('unexpected end of file');
    }
    return this.cut(Math.min(most, this.pending.length));
  }

  async skip(length: number): Promise<void> {
    for (let left = length; left > 0;) left -= (await this.some(left)).length;
  }

  close(): void {
    this.source.destroy();
  }

  private async pull(): Promise<boolean> {
    const next = (await this.chunks.next()) as IteratorResult<Buffer, undefined>;
    if (next.done !== true) this.pending = Buffer.concat([this.pending, next.value]);
    return next.done !== true;
  }

  private cut(length: number): Buffer {
    const bytes = this.pending.subarray(0, length);
    this.pending = this.pending.subarray(length);
    return bytes;
  }
}

function textOf(header: Buffer, from: number, to: number): string {
  const text = header.toString('latin1', from, to);
  const end = text.indexOf('\0');
  return (end < 0 ? text : text.slice(0, end)).trim();
}
