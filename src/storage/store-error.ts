/** Turns what a key-value store or a file throws into the store's own error. */
import { StoreError } from './store.ts';

/** LevelDB takes a lock and writes a log even where it is only read. */
const NEEDS_TO_WRITE = 'even to read it a lock has to be written there: copy it to where you may write';

export function storeError(error: unknown, doing: string): StoreError {
  if (error instanceof StoreError) return error;
  const text = describe(error);
  if (/no space left|ENOSPC|EDQUOT|quota|file too large|EFBIG/i.test(text)) {
    const rest = 'what was stored before is whole; make room there and start again';
    return new StoreError('disk-full', `the disk is full (${doing}: ${text}): ${rest}`, error);
  }
  if (/read-only file system|EROFS/i.test(text)) {
    return new StoreError('failed', `its folder is on a read-only file system, and ${NEEDS_TO_WRITE}`, error);
  }
  if (/permission denied|EACCES|EPERM|operation not permitted/i.test(text)) {
    return new StoreError('failed', `this user may not write in it, and ${NEEDS_TO_WRITE}`, error);
  }
  if (/too many open files|EMFILE/i.test(text)) {
    return new StoreError('failed', 'too many files are open (ulimit -n shows the limit)', error);
  }
  if (/create_if_missing is false/i.test(text)) {
    return new StoreError(
      'damaged',
      'its ledger lacks the file CURRENT, without which nothing in it can be read',
      error,
    );
  }
  if (/corrupt|no such file/i.test(text)) {
    return new StoreError('damaged', `the store is damaged (${doing}: ${text})`, error);
  }
  return new StoreError('failed', `the store failed (${doing}: ${text})`, error);
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause === undefined ? error.message : `${error.message}: ${describe(error.cause)}`;
}
