/**
 * One process at a time: a lock file that its holder touches again and again, and that anyone takes over once it has
 * grown old. Peers that start together on one machine fetch a data set once.
 */
import { mkdir, open, rm, stat, utimes } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

const POLL_MS = 200;
const TOUCH_MS = 1_000;
const ABANDONED_MS = 15_000;

/** Runs `work` while no other process holds the lock; waits for it as long as its holder lives. */
export async function withFileLock<T>(
  path: string,
  work: () => Promise<T>,
  options: { readonly signal?: AbortSignal } = {},
): Promise<T> {
  await mkdir(dirname(path), { recursive: true });
  while (!(await take(path))) await delay(POLL_MS, undefined, options);
  const touching = setInterval(() => {
    const now = new Date();
    utimes(path, now, now).catch(() => undefined);
  }, TOUCH_MS);
  try {
    return await work();
  } finally {
    clearInterval(touching);
    await rm(path, { force: true });
  }
}

async function take(path: string): Promise<boolean> {
  try {
    await (await open(path, 'wx')).close();
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    if (await isAbandoned(path)) await rm(path, { force: true });
    return false;
  }
}

async function isAbandoned(path: string): Promise<boolean> {
  const touched = await stat(path).catch(() => undefined); // gone in the meantime
  return touched !== undefined && Date.now() - touched.mtimeMs > ABANDONED_MS;
}
