/**
 * Checkpoints on the disk: the state in values of a size that is read at once, and a head with the state's length and the
 * digests of its pieces. So others are served a piece at a time, and nobody reads a state as a whole to find its name.
 */
import {
  digestOfPieceList,
  PIECE_BYTES,
  PIECE_DIGEST_BYTES,
  pieceCount,
  pieceOf,
} from '../crypto/body-digest.ts';
import type { Digest } from '../crypto/hash.ts';
import { hashThread } from '../crypto/hash-thread.ts';
import { concatBytes, equalBytes } from '../foundation/bytes.ts';
import { SharedGarbage } from '../foundation/shared-garbage.ts';
import { sharedBytes } from '../foundation/shared-memory.ts';
import { keptCheckpoints, SERVED_STAYS_MS } from './kept-checkpoints.ts';
import type { Operation } from './key-value.ts';
import { CHECKPOINT, checkpointKey, parts, PIECE, pieceKey } from './keys.ts';
import type { SealedRecords } from './sealed-records.ts';
import { StoreError, type SavedCheckpoint, type StoredState } from './store.ts';

const PIECES_PER_VALUE = 8;
export const CHECKPOINT_VALUE_BYTES = PIECES_PER_VALUE * PIECE_BYTES;
const LENGTHS_BYTES = 12;

/** States that were stored or handed out. */
const garbage = new SharedGarbage();

interface Head {
  readonly about: Uint8Array;
  readonly byteLength: number;
  readonly list: Uint8Array;
}

export class StoredCheckpoints {
  private readonly records: SealedRecords;
  /** Rounds by the digest of their state; read when it is asked for, and again after a change. */
  private known: Promise<ReadonlyMap<Digest, number>> | undefined;
  /** The checkpoint of which a piece was read last, and when. */
  private served: { readonly round: number; readonly atMs: number } | undefined;
  private readonly now: () => number;

  constructor(records: SealedRecords, now: () => number = () => performance.now()) {
    this.records = records;
    this.now = now;
  }

  /** Newest first. */
  async rounds(): Promise<number[]> {
    const keys = await this.records.keys(CHECKPOINT);
    return keys.map((key) => Number.parseInt(parts(key)[0], 16)).reverse();
  }

  /** The head is written last: until then there is no such checkpoint. */
  async save({ round, about, state }: SavedCheckpoint): Promise<void> {
    const { records } = this;
    await records.write(deletions(await this.keysOf((other) => other === round)), false);
    const list = await hashThread.pieceList(state);
    for (let index = 0; index * CHECKPOINT_VALUE_BYTES < state.length; index++) {
      const value = state.subarray(index * CHECKPOINT_VALUE_BYTES, (index + 1) * CHECKPOINT_VALUE_BYTES);
      await records.write([{ type: 'put', key: pieceKey(round, index), value }]);
    }
    const { served } = this;
    const isFetched = served !== undefined && this.now() - served.atMs < SERVED_STAYS_MS;
    const kept = keptCheckpoints([round, ...(await this.rounds())], isFetched ? served.round : undefined);
    const old = await this.keysOf((other) => other !== round && !kept.has(other));
    const head = encodeHead({ about, byteLength: state.length, list });
    await records.write([...deletions(old), { type: 'put', key: checkpointKey(round), value: head }]);
    this.known = undefined;
    garbage.saw(state.length);
  }

  async about(round: number): Promise<Uint8Array | undefined> {
    return (await this.head(round))?.about;
  }

  async read(round: number): Promise<SavedCheckpoint | undefined> {
    const head = await this.head(round);
    if (head === undefined) return undefined;
    garbage.saw(head.byteLength); // of the state that was read before this one
    const state = sharedBytes(head.byteLength);
    for (let at = 0, index = 0; at < state.length; at += CHECKPOINT_VALUE_BYTES, index++) {
      state.set(await this.value(round, index, head.byteLength), at);
    }
    return { round, about: head.about, state };
  }

  /** Throws `damaged` where a checkpoint cannot be read as it was written. Of its state one value is held at a time. */
  async check(round: number): Promise<void> {
    const { byteLength = 0 } = (await this.head(round)) ?? {};
    for (let index = 0; index * CHECKPOINT_VALUE_BYTES < byteLength; index++)
      await this.value(round, index, byteLength);
  }

  async body(digest: Digest): Promise<StoredState | undefined> {
    const round = (await (this.known ??= this.digests())).get(digest);
    const head = round === undefined ? undefined : await this.head(round);
    if (round === undefined || head === undefined) return undefined;
    const { byteLength, list } = head;
    if (digestOfPieceList(list, byteLength) !== digest) return undefined;
    let last: { readonly index: number; readonly value: Promise<Uint8Array> } | undefined;
    const piece = async (at: number): Promise<Uint8Array> => {
      const index = Math.floor(at / PIECES_PER_VALUE);
      if (last?.index !== index) last = { index, value: this.value(round, index, byteLength) };
      const value = await last.value;
      this.served = { round, atMs: this.now() };
      const start = index * PIECES_PER_VALUE * PIECE_DIGEST_BYTES;
      const found = await hashThread.pieceList(value);
      if (equalBytes(found, list.subarray(start, start + found.length)))
        return pieceOf(value, at % PIECES_PER_VALUE);
      throw new StoreError('damaged', `the checkpoint of round ${round} was replaced by another`);
    };
    return { byteLength, list, piece };
  }

  /** Of heads and values of those rounds, to be deleted: what is known of states is read again after it. */
  async keysOf(concerns: (round: number) => boolean): Promise<string[]> {
    this.known = undefined;
    const keys = [...(await this.records.keys(CHECKPOINT)), ...(await this.records.keys(PIECE))];
    return keys.filter((key) => concerns(Number.parseInt(parts(key)[0], 16)));
  }

  private async digests(): Promise<ReadonlyMap<Digest, number>> {
    const found = new Map<Digest, number>();
    for (const round of await this.rounds()) {
      // a damaged one is nobody's source; opening the store says so
      const head = await this.head(round).catch(() => undefined);
      if (head !== undefined) found.set(digestOfPieceList(head.list, head.byteLength), round);
    }
    return found;
  }

  private async head(round: number): Promise<Head | undefined> {
    const bytes = await this.records.get(checkpointKey(round));
    if (bytes === undefined) return undefined;
    const head = decodeHead(bytes);
    if (head === undefined) throw new StoreError('damaged', `the head of the checkpoint of round ${round}`);
    return head;
  }

  private async value(round: number, index: number, byteLength: number): Promise<Uint8Array> {
    const key = pieceKey(round, index);
    const value = await this.records.get(key);
    if (value === undefined) throw new StoreError('damaged', `the stored value of ${key} is gone`);
    if (value.length === Math.min(CHECKPOINT_VALUE_BYTES, byteLength - index * CHECKPOINT_VALUE_BYTES))
      return value;
    throw new StoreError('damaged', `the stored value of ${key} has ${value.length} bytes`);
  }
}

function encodeHead({ about, byteLength, list }: Head): Uint8Array {
  const lengths = new DataView(new ArrayBuffer(LENGTHS_BYTES));
  lengths.setUint32(0, about.length, true);
  lengths.setBigUint64(4, BigInt(byteLength), true);
  return concatBytes(new Uint8Array(lengths.buffer), about, list);
}

function decodeHead(bytes: Uint8Array): Head | undefined {
  if (bytes.length < LENGTHS_BYTES) return undefined;
  const lengths = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const end = LENGTHS_BYTES + lengths.getUint32(0, true);
  const byteLength = Number(lengths.getBigUint64(4, true));
  const list = bytes.subarray(end);
  if (list.length !== pieceCount(byteLength) * PIECE_DIGEST_BYTES) return undefined;
  return { about: bytes.subarray(LENGTHS_BYTES, end), byteLength, list };
}

function deletions(keys: readonly string[]): Operation[] {
  return keys.map((key) => ({ type: 'del', key }));
}
