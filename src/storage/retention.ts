/**
 * Keeps a store within its limit (`kept-history.ts`): counts the bytes of the bodies that are kept, by the lengths in
 * their indices, and says which of the oldest may go.
 */
import { utf8 } from '../foundation/bytes.ts';
import { MAX_ROUNDS_DROPPED_AT_ONCE, spareBelow, type Keep } from './kept-history.ts';
import type { Operation } from './key-value.ts';
import {
  CONTRIBUTION_INDEX,
  META_DROPPED,
  UPDATE,
  UPDATE_SIZE,
  contributionKey,
  parts,
  roundPrefix,
  updateIndexKey,
} from './keys.ts';
import { NewestSizes } from './newest-sizes.ts';
import type { SealedRecords } from './sealed-records.ts';
import { StoreError } from './store.ts';

/** Dropped bytes after which their room is given back to the disk. */
const COMPACT_AFTER_BYTES = 32 << 20;

export class Retention {
  /** Bodies of rounds below it were dropped. */
  droppedBelow: number;
  readonly keep: Keep;
  private readonly records: SealedRecords;
  /** Counted where the limit is one of bytes. */
  private heldBytes = 0;
  private droppedBytes = 0;
  private sizes = new NewestSizes([]);

  private constructor(records: SealedRecords, keep: Keep, droppedBelow: number) {
    this.records = records;
    this.keep = keep;
    this.droppedBelow = droppedBelow;
  }

  static async open(records: SealedRecords, keep: Keep): Promise<Retention> {
    const retention = new Retention(records, keep, await numberAt(records, META_DROPPED));
    if (keep.limit.kind !== 'bytes') return retention;
    const keys = [...(await records.keys(UPDATE_SIZE)), ...(await records.keys(CONTRIBUTION_INDEX))];
    for (const key of keys) retention.heldBytes += await numberAt(records, key);
    retention.sizes = new NewestSizes(keys);
    return retention;
  }

  /** By how much a batch changes what is counted; asked before it is written. */
  async changeOf(operations: readonly Operation[]): Promise<Change> {
    if (this.keep.limit.kind !== 'bytes') return NO_CHANGE;
    const last = new Map(operations.filter(({ key }) => isSize(key)).map((one) => [one.key, one]));
    let bytes = 0;
    for (const [key, operation] of last) {
      bytes += sizeIn(operation) - (this.sizes.at(key) ?? (await numberAt(this.records, key)));
    }
    return { bytes, sizes: [...last.values()] };
  }

  /** After the write. */
  changed({ bytes, sizes }: Change): void {
    this.heldBytes += bytes;
    for (const operation of sizes) this.sizes.wrote(operation, sizeIn(operation));
  }

  /** The history now ends before this round: what was dropped of later ones may come again. */
  cutAt(round: number): Operation[] {
    if (round >= this.droppedBelow) return [];
    this.droppedBelow = round;
    return [droppedRecord(round)];
  }

  /** What the next write has to drop, of a bounded number of rounds; undefined where all is within the limit. */
  async excess(next: number, checkpoints: () => Promise<readonly number[]>): Promise<Excess | undefined> {
    const { limit } = this.keep;
    if (limit.kind === 'all' || (limit.kind === 'bytes' && this.heldBytes <= limit.bytes)) return undefined;
    const spare = spareBelow(this.keep, await checkpoints(), next);
    const target = limit.kind === 'rounds' ? Math.min(spare, next - limit.rounds) : spare;
    const end = Math.min(target, this.droppedBelow + MAX_ROUNDS_DROPPED_AT_ONCE);
    let below = this.droppedBelow;
    let bytes = 0;
    const gone: string[] = [];
    for (; below < end; below++) {
      if (limit.kind === 'bytes' && this.heldBytes - bytes <= limit.bytes) break;
      const round = await this.bodiesOf(below);
      bytes += round.bytes;
      gone.push(...round.keys);
    }
    if (below === this.droppedBelow) return undefined;
    const deletions = gone.map((key): Operation => ({ type: 'del', key }));
    return { below, bytes, operations: [...deletions, droppedRecord(below)] };
  }

  /** After the write of an excess. */
  async dropped({ below, bytes }: Excess): Promise<void> {
    this.droppedBelow = below;
    this.droppedBytes += bytes;
    if (this.droppedBytes < COMPACT_AFTER_BYTES) return;
    this.droppedBytes = 0;
    await this.records.compact(roundPrefix(UPDATE, 0), roundPrefix(UPDATE, below));
  }

  /** The keys of a round's updates and contributions and of their indices, and how many bytes the bodies have. */
  private async bodiesOf(round: number): Promise<{ readonly keys: string[]; readonly bytes: number }> {
    const { records } = this;
    const [updates, contributions] = await Promise.all([
      records.keys(`${roundPrefix(UPDATE_SIZE, round)}/`),
      records.keys(`${roundPrefix(CONTRIBUTION_INDEX, round)}/`),
    ]);
    const keys = [
      roundPrefix(UPDATE, round),
      ...updates.flatMap((key) => [key, updateIndexKey(parts(key)[1], round)]),
      ...contributions.flatMap((key) => [key, contributionKey(parts(key)[1], round)]),
    ];
    let bytes = 0;
    for (const key of [...updates, ...contributions]) bytes += await numberAt(records, key);
    return { keys, bytes };
  }
}

/** What a batch does to the bytes that are kept. */
interface Change {
  readonly bytes: number;
  readonly sizes: readonly Operation[];
}

const NO_CHANGE: Change = { bytes: 0, sizes: [] };

export interface Excess {
  readonly below: number;
  readonly bytes: number;
  readonly operations: readonly Operation[];
}

/** The value of an index entry: the length of the body that it leads to. */
export function sizeOf(body: Uint8Array): Uint8Array {
  return utf8(`${body.length}`);
}

function droppedRecord(round: number): Operation {
  return { type: 'put', key: META_DROPPED, value: utf8(`${round}`) };
}

/** 0 where there is none. One that is damaged counts as none too: what is kept is then a little more than was counted. */
async function numberAt(records: SealedRecords, key: string): Promise<number> {
  try {
    const value = await records.get(key);
    return value === undefined ? 0 : numberIn(value);
  } catch (error) {
    if (error instanceof StoreError && error.code === 'damaged') return 0;
    throw error;
  }
}

function isSize(key: string): boolean {
  return key.startsWith(UPDATE_SIZE) || key.startsWith(CONTRIBUTION_INDEX);
}

function sizeIn(operation: Operation): number {
  return operation.type === 'put' ? numberIn(operation.value) : 0;
}

function numberIn(value: Uint8Array): number {
  return Number(Buffer.from(value).toString());
}
