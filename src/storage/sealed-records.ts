/**
 * Records over a key-value store that notice damage. Each value is sealed with a checksum over its key and bytes. Each
 * durable batch carries a number, which it leaves in the journal and which the witness repeats afterwards: so a batch
 * that is missing from the middle or from the end shows when the store opens.
 */
import { assert } from '../foundation/assert.ts';
import { equalBytes, toHex } from '../foundation/bytes.ts';
import { hashOf } from '../crypto/hash.ts';
import { hashThread, LEAST_THREAD_BYTES } from '../crypto/hash-thread.ts';
import {
  LARGE_VALUE_BYTES,
  SEAL_BYTES,
  type KeyValue,
  type Operation,
  type SealedOperation,
  type SealedValue,
  type Witness,
} from './key-value.ts';
import { storeError } from './store-error.ts';
import { StoreError } from './store.ts';
import {
  JOURNAL,
  JOURNAL_ENTRIES_KEPT,
  checkJournal,
  decodeEntry,
  encodeEntry,
  journalKey,
  type JournalCheck,
  type JournalEntry,
} from './write-journal.ts';

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
    const unreadable: string[] = [];
    const entries: JournalEntry[] = [];
    for (const key of await this.keys(JOURNAL)) {
      try {
        entries.push(decodeEntry(key, (await this.get(key)) as Uint8Array));
      } catch (error) {
        unreadable.push((error as Error).message);
      }
    }
    const witnessed = await this.witness.read();
    this.sequence = Math.max(entries.at(-1)?.sequence ?? 0, witnessed ?? 0);
    this.oldest = entries[0]?.sequence ?? this.sequence + 1;
    return checkJournal(entries, witnessed, unreadable);
  }

  /** The value, undefined where there is none; throws StoreError `damaged` where it is not what was written. */
  async get(key: string): Promise<Uint8Array | undefined> {
    this.refuseWhenClosed();
    let sealed: SealedValue | undefined;
    try {
      sealed = await this.values.get(key);
    } catch (error) {
      throw storeError(error, `reading ${key}`);
    }
    return sealed === undefined ? undefined : unseal(key, sealed);
  }

  keys(prefix: string): Promise<string[]> {
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

  async compact(from: string, to: string): Promise<void> {
    this.refuseWhenClosed();
    try {
      await this.values.compact(from, to);
    } catch (error) {
      throw storeError(error, `compacting ${from}`);
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
    this.failure = new StoreError('closed', 'the store is closed');
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
    const batch: SealedOperation[] = [];
    for (const operation of operations) {
      const sealed = seal(operation);
      batch.push(sealed instanceof Promise ? await sealed : sealed);
    }
    if (durable) {
      const entry = encodeEntry({
        oldest,
        put: batch.flatMap((o) => (o.type === 'put' ? [[o.key, toHex(o.seal)] as const] : [])),
        del: batch.flatMap((o) => (o.type === 'del' && !o.key.startsWith(JOURNAL) ? [o.key] : [])),
      });
      batch.push(await seal({ type: 'put', key: journalKey(sequence), value: entry }));
      if (isFull) batch.push({ type: 'del', key: journalKey(this.oldest) });
    }
    try {
      await this.values.write(batch, durable);
      if (!durable) return;
      await this.witness.write(sequence);
    } catch (error) {
      // what became of the batch is unknown until the store is opened again
      this.failure = storeError(error, 'writing');
      throw this.failure;
    }
    [this.sequence, this.oldest] = [sequence, oldest];
  }
}

/** The least string above all that begin with the prefix (keys are ASCII). */
export function after(prefix: string): string {
  const last = prefix.charCodeAt(prefix.length - 1);
  assert(prefix.length > 0 && last < 127, `prefix "${prefix}"`);
  return prefix.slice(0, -1) + String.fromCharCode(last + 1);
}

/** The checksum of a key's value as the journal writes it. */
export async function checksumOf(key: string, value: Uint8Array): Promise<string> {
  return toHex(await checksum(key, value));
}

/** At once where the value is small: a write has a dozen of them, and a promise each costs more than the sum. */
function seal(operation: Operation): SealedOperation | Promise<SealedOperation> {
  if (operation.type === 'del') return operation;
  const { key, value } = operation;
  if (value.length < LEAST_THREAD_BYTES) return { ...operation, seal: sealOf(hashOf(SEAL_TAG, key, value)) };
  return checksumOnce(key, value).then((sum) => ({ ...operation, seal: sum }));
}

/**
 * Large values that were written, with the key and its seal: the peers of one process write a body that lies there once
 * each, under the same key, and hashing it for everyone would keep it waiting, and in memory, for rounds.
 */
const written = new WeakMap<Uint8Array, { readonly key: string; readonly seal: Promise<Uint8Array> }>();

function checksumOnce(key: string, value: Uint8Array): Promise<Uint8Array> {
  if (value.length < LARGE_VALUE_BYTES) return checksum(key, value);
  const known = written.get(value);
  if (known?.key === key) return known.seal;
  const made = checksum(key, value);
  written.set(value, { key, seal: made });
  return made;
}

async function unseal(key: string, { seal: found, value }: SealedValue): Promise<Uint8Array> {
  if (!equalBytes(await checksum(key, value), found)) {
    throw new StoreError('damaged', `the stored value of ${key} is damaged`);
  }
  return value;
}

/** Of a large value on the hash thread. */
async function checksum(key: string, value: Uint8Array): Promise<Uint8Array> {
  return sealOf(await hashThread.hashOf(SEAL_TAG, key, value));
}

const SEAL_TAG = 'synod/sealed';

function sealOf(hash: Uint8Array): Uint8Array {
  return hash.subarray(0, SEAL_BYTES);
}
