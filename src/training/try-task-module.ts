/**
 * Runs a user's module once on a thread of its own, where an endless loop at its top can be ended, before it is run on
 * this one, where nothing could.
 */
import { OperatorError } from '../foundation/operator-error.ts';
import { reviveError, type PlainError } from '../foundation/plain-error.ts';
import { startWorker } from '../foundation/start-worker.ts';
import { HOOK_LIMIT_MS, unsettledModule } from './hook-watch.ts';

/** Throws an OperatorError where the module at `path` does not load, is no task, or has not loaded in `limitMs`. */
export async function tryTaskModule(path: string, limitMs = HOOK_LIMIT_MS): Promise<void> {
  const worker = startWorker('./task-trial-worker', import.meta.url, { workerData: path });
  let timer: NodeJS.Timeout | undefined;
  try {
    const fault = await new Promise<PlainError | null>((resolve, reject) => {
      worker.once('message', resolve);
      worker.once('error', reject);
      worker.once('exit', () => reject(new OperatorError(unsettledModule(path))));
      timer = setTimeout(() => reject(new OperatorError(endlessModule(path, limitMs))), limitMs);
    });
    if (fault !== null) throw reviveError(fault);
  } finally {
    clearTimeout(timer);
    await worker.terminate();
  }
}

function endlessModule(path: string, limitMs: number): string {
  return `the task module ${path} must load, but its top level has run for ${Math.round(limitMs / 1000)} s (an endless loop?)`;
}
