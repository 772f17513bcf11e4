/**
 * Opens the store of a directory: LevelDB in `ledger` with large values in
 * files below it, the witness beside it. One process at a time. What a machine
 * can repair by asking other peers is repaired; what it cannot decide is one sentence to the operator.
 */
import { existsSync } from 'node:fs';
import { rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { makeFolder } from '../files/folder.ts';
import { OperatorError } from '../foundation/operator-error.ts';
import { FileKeyValue } from './file-key-value.ts';
import { FileWitness } from './file-witness.ts';
import { LevelKeyValue } from './level-key-value.ts';
import { MemoryKeyValue, MemoryWitness } from './memory-key-value.ts';
import { openRecords, type RecordStoreOptions } from './open-records.ts';
import { storeError } from './store-error.ts';
import { StoreError, type Store } from './store.ts';
import { syncFolder } from './sync-folder.ts';

export interface StoreOptions extends RecordStoreOptions {
  /** Sets a store that cannot be opened aside and begins an empty one, whose memories are not to be trusted. */
  readonly resync?: boolean | undefined;
}

export async function openStore(directory: string, options: StoreOptions): Promise<Store> {
  try {
    return await openDirectory(directory, options);
  } catch (error) {
    const fault = error instanceof OperatorError ? error : storeError(error, `opening ${directory}`);
    if (!(fault instanceof StoreError)) throw fault;
    if (fault.code !== 'damaged')
      throw new OperatorError(`the store in ${directory}: ${fault.message}`, { cause: error });
    if (options.resync !== true || options.inspect === true) {
      const wayOut =
        options.inspect === true
          ? 'take the folder of another peer, or a copy from before'
          : 'start with --resync to set it aside and fetch everything from other peers';
      throw new OperatorError(
        `the store in ${directory} is damaged and cannot be repaired (${fault.message}): ${wayOut}`,
        { cause: error },
      );
    }
    await setAside(join(directory, LEDGER));
    return openDirectory(directory, options);
  }
}

/** A store in memory; with a map and a cell that outlive it, a restart finds what was written. */
export function openMemoryStore(
  options: RecordStoreOptions,
  disk?: { readonly values: Map<string, Uint8Array>; readonly witness: { sequence?: number } },
): Promise<Store> {
  const [values, witness] = [new MemoryKeyValue(disk?.values), new MemoryWitness(disk?.witness)];
  return openRecords(values, witness, options, 'the store in memory');
}

const LEDGER = 'ledger';
const WITNESS = 'witness';
/** Below the ledger, so that it is set aside with it. */
const LARGE_VALUES = 'values';

async function openDirectory(directory: string, options: StoreOptions): Promise<Store> {
  const ledger = join(directory, LEDGER);
  if (options.inspect === true && !existsSync(ledger)) throw new OperatorError(`${directory} holds no run`);
  if (options.inspect !== true) makeFolder(directory, { mode: 0o700 });
  const values = await LevelKeyValue.open(ledger, options.inspect !== true).catch((error: unknown) => {
    if (isLocked(error)) {
      throw new OperatorError(
        `the store in ${directory} is in use by another process: stop it, or choose another directory`,
      );
    }
    throw error;
  });
  let witness: FileWitness | undefined;
  try {
    witness = await FileWitness.open(join(directory, WITNESS));
    await syncFolder(directory);
    const inspect = options.inspect === true;
    const all = await FileKeyValue.open(values, join(ledger, LARGE_VALUES), { inspect });
    return await openRecords(all, witness, options, directory);
  } catch (error) {
    await values.close();
    await witness?.close();
    throw error;
  }
}

function isLocked(error: unknown): boolean {
  const cause = (error as Error).cause as { code?: string } | undefined;
  return cause?.code === 'LEVEL_LOCKED';
}

async function setAside(path: string): Promise<void> {
  for (let n = 1; ; n++) {
    const aside = `${path}.damaged-${n}`;
    if (existsSync(aside)) continue;
    await rename(path, aside);
    await syncFolder(dirname(path));
    return;
  }
}
