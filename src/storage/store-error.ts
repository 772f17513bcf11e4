/** Turns what a key-value store or a file throws into the store's own error. */
import { StoreError } from './store.ts';

export function storeError(error: unknown, doing: string): StoreError {
  if (error instanceof StoreError) return error;
  const text = describe(error);
  if (/no space left|ENOSPC|EDQUOT|quota|file too large|EFBIG/i.test(text)) {
    return new StoreError('disk-full', `the disk is full (${doing}: ${text})`, error);
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
