/** A checkpoint on the disk: a head that tells its length, and its bytes in pieces. */
import { concatBytes } from '../foundation/bytes.ts';
import { CHECKPOINT, checkpointKey, parts, pieceKey } from './keys.ts';
import type { SealedRecords } from './sealed-records.ts';
import { StoreError } from './store.ts';

export const CHECKPOINT_PIECE_BYTES = 1 << 20;

/** Newest first. */
export async function roundsOfCheckpoints(records: SealedRecords): Promise<number[]> {
  const keys = await records.keys(CHECKPOINT);
  return keys.map((key) => Number.parseInt(parts(key)[0], 16)).reverse();
}

export async function readCheckpoint(records: SealedRecords, round: number): Promise<Uint8Array | undefined> {
  const info = await records.get(checkpointKey(round));
  if (info === undefined) return undefined;
  const { pieces, byteLength } = JSON.parse(Buffer.from(info).toString()) as Record<string, number>;
  const keys = Array.from({ length: pieces ?? 0 }, (_, i) => pieceKey(round, i));
  const bytes = concatBytes(...(await Promise.all(keys.map((key) => existing(records, key)))));
  if (bytes.length !== byteLength) {
    throw new StoreError('damaged', `the checkpoint of round ${round} has ${bytes.length} bytes`);
  }
  return bytes;
}

/** A value that must be there. */
export async function existing(records: SealedRecords, key: string): Promise<Uint8Array> {
  const bytes = await records.get(key);
  if (bytes === undefined) throw new StoreError('damaged', `the stored value of ${key} is gone`);
  return bytes;
}
