/**
 * Opens a store over a key-value store and a witness: makes a new one, refuses another experiment's, and looks for
 * damage. What other peers can give again (decisions, updates, checkpoints) is cut off where it can no longer be read;
 * lost memories cannot be had again, so they only switch `memoriesIntact` off.
 */
import { fromHex, toHex, utf8 } from '../foundation/bytes.ts';
import { OperatorError } from '../foundation/operator-error.ts';
import type { Digest } from '../crypto/hash.ts';
import { KEEP_ALL, type Keep } from './kept-history.ts';
import type { KeyValue, Operation, Witness } from './key-value.ts';
import {
  CHECKPOINT,
  DECISION,
  MEMORY,
  META_ABOUT,
  META_DISTRUST,
  META_EXPERIMENT,
  META_SCHEMA,
  checkpointKey,
  decisionKey,
  parts,
  updateKey,
} from './keys.ts';
import { RecordStore, updateKeysFrom } from './record-store.ts';
import { Retention } from './retention.ts';
import { SealedRecords, after, checksumOf } from './sealed-records.ts';
import { StoreError, type Store } from './store.ts';
import { StoredCheckpoints } from './stored-checkpoints.ts';
import type { JournalCheck } from './write-journal.ts';

const SCHEMA = 4;

export interface RecordStoreOptions {
  /** The experiment that the store must belong to; undefined takes whatever is there. */
  readonly experiment?: Digest | undefined;
  /** Describes the experiment in a new store. */
  readonly about?: Uint8Array | undefined;
  /** Keeps the contributions of settled rounds too, for `verify-run --recompute`. */
  readonly keepContributions?: boolean | undefined;
  /** Keeps those of so many newest rounds, where whoever saves them names more. */
  readonly contributionRounds?: number | undefined;
  /** How much of the past stays; default: all of it. */
  readonly keep?: Keep | undefined;
  /** Only look: nothing is made, cut or marked. */
  readonly inspect?: boolean | undefined;
}

/** `where` names the store in messages to the operator. */
export async function openRecords(
  values: KeyValue,
  witness: Witness,
  options: RecordStoreOptions,
  where: string,
): Promise<Store> {
  const records = new SealedRecords(values, witness);
  const journal = await records.check();
  const damage = [...journal.faults];
  const schema = await records.get(META_SCHEMA);
  const isNew = schema === undefined;
  if (isNew) await begin(records, journal, options, where);
  else if (toHex(schema) !== toHex(utf8(`${SCHEMA}`))) {
    throw new OperatorError(
      `${where} was written by another version of the store (format ${Buffer.from(schema).toString()}, this is ${SCHEMA})`,
    );
  }
  const experiment = toHex((await records.get(META_EXPERIMENT)) ?? new Uint8Array(0));
  if (options.experiment !== undefined && experiment !== options.experiment) {
    throw new OperatorError(
      `${where} belongs to experiment ${experiment.slice(0, 16)}, not to ${options.experiment.slice(0, 16)}: give every experiment a directory of its own`,
    );
  }

  const repair = options.inspect !== true;
  const lost = await lostMemories(records, journal);
  damage.push(...lost.values());
  const distrusted = (await records.get(META_DISTRUST)) !== undefined;
  const memoriesIntact = damage.length === 0 && !distrusted;
  if (!memoriesIntact && repair) {
    await records.write([
      { type: 'put', key: META_DISTRUST, value: utf8(damage.join('; ')) },
      ...[...lost.keys()].map((key) => ({ type: 'del' as const, key })),
    ]);
  }
  const history = await checkHistory(records, journal, damage, repair);
  if (history !== undefined) await checkReplay(records, journal, history.last, damage, repair);
  return new RecordStore(records, {
    experiment,
    about: (await records.get(META_ABOUT)) ?? new Uint8Array(0),
    condition: { fresh: isNew && journal.faults.length === 0, memoriesIntact, damage },
    history,
    keepContributions: options.keepContributions ?? false,
    contributionRounds: options.contributionRounds ?? Infinity,
    retention: await Retention.open(records, repair ? (options.keep ?? KEEP_ALL) : KEEP_ALL),
  });
}

async function begin(
  records: SealedRecords,
  journal: JournalCheck,
  options: RecordStoreOptions,
  where: string,
): Promise<void> {
  if (journal.entries.length > 0 || (await records.keys(DECISION)).length > 0) {
    throw new StoreError('damaged', 'the head of the store is gone');
  }
  const experiment = fromHex(options.experiment ?? '');
  if (options.inspect === true || experiment === undefined || options.experiment === undefined) {
    throw new OperatorError(`${where} holds no run`);
  }
  await records.write([
    { type: 'put', key: META_SCHEMA, value: utf8(`${SCHEMA}`) },
    { type: 'put', key: META_EXPERIMENT, value: experiment },
    { type: 'put', key: META_ABOUT, value: options.about ?? new Uint8Array(0) },
  ]);
}

/** Memories that are lost, unreadable, older than the last one written, or back after they were dropped. */
async function lostMemories(records: SealedRecords, journal: JournalCheck): Promise<Map<string, string>> {
  const lost = new Map<string, string>();
  for (const key of await namedKeys(records, journal, MEMORY)) {
    const fault = await faultOf(records, journal, key);
    if (fault !== undefined) lost.set(key, fault);
  }
  return lost;
}

/** Every key under a prefix that is there or should be. */
async function namedKeys(
  records: SealedRecords,
  journal: JournalCheck,
  prefix: string,
): Promise<Set<string>> {
  const keys = new Set(await records.keys(prefix));
  for (const [key, word] of journal.lastWords) {
    if (key.startsWith(prefix) && word !== undefined) keys.add(key);
  }
  return keys;
}

/** The rounds whose decisions can be read without a gap; what follows a gap is cut off. */
async function checkHistory(
  records: SealedRecords,
  journal: JournalCheck,
  damage: string[],
  repair: boolean,
): Promise<{ readonly first: number; readonly last: number } | undefined> {
  const keys = await namedKeys(records, journal, DECISION);
  const rounds = [...keys].map((key) => Number.parseInt(parts(key)[0], 16)).sort((a, b) => a - b);
  const first = rounds[0];
  if (first === undefined) return undefined;
  let next = first;
  let fault: string | undefined;
  for (const round of rounds) {
    fault =
      round === next
        ? await faultOf(records, journal, decisionKey(round))
        : `the decision of round ${next} is gone`;
    if (fault !== undefined) break;
    next += 1;
  }
  if (fault !== undefined) {
    damage.push(`${fault}; rounds from ${next} on must be fetched again`);
    if (repair) await cutHistory(records, next);
  }
  return next === first ? undefined : { first, last: next - 1 };
}

async function cutHistory(records: SealedRecords, from: number): Promise<void> {
  const gone = [
    ...(await records.keysBetween(decisionKey(from), after(DECISION))),
    ...(await updateKeysFrom(records, from)),
    ...(await records.keysBetween(checkpointKey(from + 1), after(CHECKPOINT))),
  ];
  const retention = await Retention.open(records, KEEP_ALL);
  await records.write([...gone.map((key): Operation => ({ type: 'del', key })), ...retention.cutAt(from)]);
}

/** What a restart replays: the newest checkpoint that can be read and the updates that follow it. */
async function checkReplay(
  records: SealedRecords,
  journal: JournalCheck,
  last: number,
  damage: string[],
  repair: boolean,
): Promise<void> {
  const unreadable: string[] = [];
  let from = 0;
  const checkpoints = new StoredCheckpoints(records);
  for (const round of await checkpoints.rounds()) {
    const fault = await checkpoints.check(round).then(() => undefined, damagedOnly);
    if (fault === undefined) {
      from = round;
      break;
    }
    damage.push(`${fault}; an older checkpoint is used`);
    unreadable.push(checkpointKey(round));
  }
  for (const key of await records.keysBetween(updateKey(from), updateKey(last + 1))) {
    const fault = await faultOf(records, journal, key);
    if (fault === undefined) continue;
    damage.push(`${fault}; it must be fetched again`);
    unreadable.push(key);
  }
  if (unreadable.length > 0 && repair) {
    await records.write(unreadable.map((key) => ({ type: 'del', key })));
  }
}

/** What is wrong with a value that is there or should be. */
async function faultOf(
  records: SealedRecords,
  journal: JournalCheck,
  key: string,
): Promise<string | undefined> {
  try {
    const value = await records.get(key);
    if (value === undefined) return `the stored value of ${key} is gone`;
    if (!journal.lastWords.has(key)) return undefined;
    const word = journal.lastWords.get(key);
    if (word === undefined) return `${key} was dropped and is back`;
    return word === (await checksumOf(key, value)) ? undefined : `an older value of ${key} is back`;
  } catch (error) {
    return damagedOnly(error);
  }
}

function damagedOnly(error: unknown): string {
  if (error instanceof StoreError && error.code === 'damaged') return error.message;
  throw error;
}
