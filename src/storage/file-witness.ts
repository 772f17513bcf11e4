/**
 * The witness as a file of two slots that are written in turn and synced: a torn write spoils one slot, and the other
 * still tells the number before. The file never grows, so a full disk does not stop it. A write is on the disk when it
 * returns (O_DSYNC: open(2) of POSIX), which spares a call to sync it; where a platform lacks that, it is synced.
 */
import { constants } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { bytesOf, equalBytes } from '../foundation/bytes.ts';
import { hashOf } from '../crypto/hash.ts';
import type { Witness } from './key-value.ts';

const SLOT_BYTES = 64;
const NUMBER_BYTES = 8;
/** Undefined on Windows, whatever the types say. */
const SYNCED_WRITES: number | undefined = constants.O_DSYNC;
const OPEN = constants.O_RDWR | (SYNCED_WRITES ?? 0);

export class FileWitness implements Witness {
  private readonly file: FileHandle;

  private constructor(file: FileHandle) {
    this.file = file;
  }

  static async open(path: string): Promise<FileWitness> {
    try {
      return new FileWitness(await open(path, OPEN));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      return new FileWitness(await open(path, OPEN | constants.O_CREAT | constants.O_TRUNC, 0o600));
    }
  }

  async read(): Promise<number | undefined> {
    const bytes = new Uint8Array(2 * SLOT_BYTES);
    await this.file.read(bytes, 0, bytes.length, 0);
    const numbers = [0, 1].flatMap((slot) =>
      decode(bytes.subarray(slot * SLOT_BYTES, (slot + 1) * SLOT_BYTES)),
    );
    return numbers.length === 0 ? undefined : Math.max(...numbers);
  }

  async write(sequence: number): Promise<void> {
    const slot = encode(sequence);
    await this.file.write(slot, 0, slot.length, (sequence % 2) * SLOT_BYTES);
    if (SYNCED_WRITES === undefined) await this.file.datasync();
  }

  async close(): Promise<void> {
    await this.file.close();
  }
}

function encode(sequence: number): Uint8Array {
  const slot = new Uint8Array(SLOT_BYTES);
  new DataView(slot.buffer).setBigUint64(0, BigInt(sequence));
  slot.set(hashOf('synod/witness', sequence), NUMBER_BYTES);
  return slot;
}

function decode(slot: Uint8Array): number[] {
  const sequence = Number(new DataView(bytesOf(slot).slice().buffer).getBigUint64(0));
  return Number.isSafeInteger(sequence) && equalBytes(encode(sequence), slot) ? [sequence] : [];
}
