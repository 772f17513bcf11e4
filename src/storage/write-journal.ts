/**
 * What a durable batch leaves behind about itself: its number, the keys that it wrote with the checksums of their
 * values, and the keys that it dropped. Read in order, the entries say of each key what must be there: so a value that
 * went back to an older version, or a dropped one that came back, shows as well as one that is lost.
 */
import { utf8 } from '../foundation/bytes.ts';

export const JOURNAL = 'w/';
/**
 * Above the number of batches that one log file of the key-value store can hold (4 MiB, 140 bytes a batch at least):
 * what is older than that lies in tables.
 */
export const JOURNAL_ENTRIES_KEPT = 32_768;

export interface JournalEntry {
  readonly sequence: number;
  /** The oldest entry that was kept when this one was written. */
  readonly oldest: number;
  /** Key and checksum (hex) of each value that was written. */
  readonly put: readonly (readonly [string, string])[];
  readonly del: readonly string[];
}

/** The checksum of a key's value as it must be; undefined: the key was dropped. */
export type LastWord = string | undefined;

export interface JournalCheck {
  /** For every key that the journal names. */
  readonly lastWords: ReadonlyMap<string, LastWord>;
  readonly entries: readonly JournalEntry[];
  /** One sentence per gap, unreadable entry or lost end. */
  readonly faults: readonly string[];
}

export function journalKey(sequence: number): string {
  return JOURNAL + sequence.toString(16).padStart(14, '0');
}

export function encodeEntry({ oldest, put, del }: Omit<JournalEntry, 'sequence'>): Uint8Array {
  return utf8(JSON.stringify({ oldest, put, del }));
}

export function decodeEntry(key: string, bytes: Uint8Array): JournalEntry {
  const entry = JSON.parse(Buffer.from(bytes).toString()) as Omit<JournalEntry, 'sequence'>;
  return { sequence: Number.parseInt(key.slice(JOURNAL.length), 16), ...entry };
}

/** Whether the entries (ascending) and the witness leave out a number. `faults` begins with what could not be read. */
export function checkJournal(
  entries: readonly JournalEntry[],
  witnessed: number | undefined,
  unreadable: readonly string[],
): JournalCheck {
  const faults = [...unreadable];
  const last = entries.at(-1)?.sequence ?? 0;
  let expected = entries.at(-1)?.oldest ?? 1;
  for (const { sequence } of entries) {
    if (sequence > expected) faults.push(`writes ${expected} to ${sequence - 1} are gone`);
    expected = sequence + 1;
  }
  if (witnessed === undefined && last > 1) faults.push('the witness file is gone or unreadable');
  if (witnessed !== undefined && witnessed > last) faults.push(`writes ${last + 1} to ${witnessed} are gone`);
  if (witnessed !== undefined && witnessed < last - 1) {
    faults.push(`the witness is at ${witnessed}, behind ${last}`);
  }
  const lastWords = new Map<string, LastWord>();
  for (const { put, del } of entries) {
    for (const key of del) lastWords.set(key, undefined);
    for (const [key, checksum] of put) lastWords.set(key, checksum);
  }
  return { lastWords, entries, faults };
}
