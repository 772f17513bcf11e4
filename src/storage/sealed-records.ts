/**
 * Records over a key-value store that notice damage. Each value is sealed with a checksum over its key and bytes. Each
 * durable batch carries a number, which it leaves in a journal of its own with the keys that it wrote, and which the
 * witness repeats afterwards: so a batch that is missing from the middle or from the end shows when the store opens.
 */
import { assert } from '../foundation/assert.ts';
import { concatBytes, equalBytes, utf8 } from '../foundation/bytes.ts';
import { hashOf } from '../crypto/hash.ts';
import type { KeyValue, Operation, Witness } from './key-value.ts';
import { StoreError } from './store.ts';

const CHECKSUM_BYTES = 16;
const JOURNAL = 'w/';
/**
 * Above the number of batches that one log file of the key-value store can hold (4 MiB, 140 bytes a batch at least):
 * what is older than that lies in tables.
 */
const JOURNAL_ENTRIES_KEPT = 32_768;

export interface JournalEntry {
  readonly sequence: number;
  /** The oldest entry that was kept when this one was written. */
  readonly oldest: number;
  /** The keys that the batch wrote and dropped. */
  readonly put: readonly string[];
  readonly del: readonly string[];
}

export interface JournalCheck {
  readonly entries: readonly JournalEntry[];
  /** One sentence per gap, unreadable entry or lost end. */
  readonly faults: readonly string[];
}

export class SealedRecords {
  private readonly values: KeyValue;
  private readonly witness: Witness;
  private readonly journalEntriesKept: number;
  private sequence = 0;
  private oldest = 1;
  private queue: Promise<void> = Promise.resolve();
  private failure: StoreError | undefined;

  constructor(values: KeyValue, witness: Witness, journalEntriesKept = JOURNAL_ENTRIES_KEPT) {
    this.values = values;
    this.witness = witness;
    this.journalEntriesKept = journalEntriesKept;
  }

  /** Reads the journal; called once, before the first durable write. */
  async check(): Promise<JournalCheck> {
    const faults: string[] = [];
    const entries: JournalEntry[] = [];
    for (const key of await this.values.keys(JOURNAL, after(JOURNAL))) {
      const sequence = Number.parseInt(key.slice(JOURNAL.length), 16);
      const bytes = await this.readOrFault(key, faults);
      if (!Number.isSafeInteger(sequence) || key !== journalKey(sequence))
        faults.push(`journal key ${key} is no number`);
      else if (bytes !== undefined) entries.push({ sequence, ...decodeEntry(bytes) });
    }
    for (const [i, { sequence }] of entries.entries()) {
      const before = entries[i - 1]?.sequence;
      if (before !== undefined && sequence !== before + 1)
        faults.push(`writes ${before + 1} to ${sequence - 1} are gone`);
    }
    const last = entries.at(-1)?.sequence ?? 0;
    const oldest = entries.at(-1)?.oldest ?? 1;
    const first = entries[0]?.sequence ?? oldest;
    if (first > oldest) faults.push(`writes ${oldest} to ${first - 1} are gone`);
    const witnessed = await this.witness.read();
    if (witnessed === undefined && last > 1) faults.push('the witness file is gone or unreadable');
    if (witnessed !== undefined && witnessed > last)
      faults.push(`writes ${last + 1} to ${witnessed} are gone`);
    if (witnessed !== undefined && witnessed < last - 1)
      faults.push(`the witness is at ${witnessed}, behind ${last}`);
    this.sequence = Math.max(last, witnessed ?? 0);
    this.oldest = entries[0]?.sequence ?? this.sequence + 1;
    return { entries, faults };
  }

  /** The value, undefined where there is none; throws StoreError `damaged` where it is not what was written. */
  async get(key: string): Promise<Uint8Array | undefined> {
    this.refuseWhenClosed();
    let sealed: Uint8Array | undefined;
    try {
      sealed = await this.values.get(key);
    } catch (error) {
      throw storeError(error, `reading ${key}`);
    }
    return sealed === undefined ? undefined : unseal(key, sealed);
  }

  async keys(prefix: string): Promise<string[]> {
    return this.keysBetween(prefix, after(prefix));
  }

  async keysBetween(from: string, to: string): Promise<string[]> {
    this.refuseWhenClosed();
    try {
      return await this.values.keys(from, to);
    } catch (error) {
      throw storeError(error, `listing ${from}`);
    }
  }

  /** Atomic; durable and numbered unless told otherwise. Batches are written one after the other. */
  write(operations: readonly Operation[], durable = true): Promise<void> {
    return this.enqueue(() => this.writeNow(operations, durable, false));
  }

  /** Drops the journal so far with this write: what it misses is known and done with. */
  async restartJournal(operations: readonly Operation[]): Promise<void> {
    const old = await this.keys(JOURNAL);
    const all = [...operations, ...old.map((key) => ({ type: 'del' as const, key }))];
    await this.enqueue(() => this.writeNow(all, true, true));
  }

  async close(): Promise<void> {
    await this.queue;
    this.failure ??= new StoreError('closed', 'the store is closed');
    await this.values.close();
    await this.witness.close();
  }

  private enqueue(work: () => Promise<void>): Promise<void> {
    const done = this.queue.then(work);
    this.queue = done.catch(() => undefined);
    return done;
  }

  private refuseWhenClosed(): void {
    if (this.failure?.code === 'closed') throw this.failure;
  }

  private async writeNow(
    operations: readonly Operation[],
    durable: boolean,
    restart: boolean,
  ): Promise<void> {
    if (this.failure !== undefined) throw this.failure;
    const sequence = this.sequence + 1;
    const isFull = sequence - this.oldest >= this.journalEntriesKept;
    const oldest = restart ? sequence : this.oldest + Number(isFull);
    const sealed = operations.map(seal);
    if (durable) {
      sealed.push(seal({ type: 'put', key: journalKey(sequence), value: encodeEntry(oldest, operations) }));
      if (isFull) sealed.push({ type: 'del', key: journalKey(this.oldest) });
    }
    try {
      await this.values.write(sealed, durable);
      if (!durable) return;
      await this.witness.write(sequence);
    } catch (error) {
      // what became of the batch is unknown until the store is opened again
      this.failure = storeError(error, 'writing');
      throw this.failure;
    }
    [this.sequence, this.oldest] = [sequence, oldest];
  }

  private async readOrFault(key: string, faults: string[]): Promise<Uint8Array | undefined> {
    try {
      return await this.get(key);
    } catch (error) {
      faults.push((error as Error).message);
      return undefined;
    }
  }
}

/** The least string above all that begin with the prefix (keys are ASCII). */
export function after(prefix: string): string {
  const last = prefix.charCodeAt(prefix.length - 1);
  assert(prefix.length > 0 && last < 127, `prefix "${prefix}"`);
  return prefix.slice(0, -1) + String.fromCharCode(last + 1);
}

function journalKey(sequence: number): string {
  return JOURNAL + sequence.toString(16).padStart(14, '0');
}

function encodeEntry(oldest: number, operations: readonly Operation[]): Uint8Array {
  const keysOf = (type: Operation['type']) => operations.filter((o) => o.type === type).map(({ key }) => key);
  return utf8(JSON.stringify({ oldest, put: keysOf('put'), del: keysOf('del') }));
}

function decodeEntry(bytes: Uint8Array): Omit<JournalEntry, 'sequence'> {
  return JSON.parse(Buffer.from(bytes).toString()) as Omit<JournalEntry, 'sequence'>;
}

function seal(operation: Operation): Operation {
  if (operation.type === 'del') return operation;
  const { key, value } = operation;
  return { type: 'put', key, value: concatBytes(checksum(key, value), value) };
}

function unseal(key: string, sealed: Uint8Array): Uint8Array {
  const value = sealed.subarray(CHECKSUM_BYTES);
  if (!equalBytes(checksum(key, value), sealed.subarray(0, CHECKSUM_BYTES))) {
    throw new StoreError('damaged', `the stored value of ${key} is damaged`);
  }
  return value;
}

function checksum(key: string, value: Uint8Array): Uint8Array {
  return hashOf('synod/sealed', key, value).subarray(0, CHECKSUM_BYTES);
}

export function storeError(error: unknown, doing: string): StoreError {
  if (error instanceof StoreError) return error;
  const text = describe(error);
  if (/no space left|ENOSPC|EDQUOT|quota/i.test(text)) {
    return new StoreError('disk-full', `the disk is full (${doing}: ${text})`, error);
  }
  if (/corrupt|no such file/i.test(text))
    return new StoreError('damaged', `the store is damaged (${doing}: ${text})`, error);
  return new StoreError('failed', `the store failed (${doing}: ${text})`, error);
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause === undefined ? error.message : `${error.message}: ${describe(error.cause)}`;
}
