/** `aggregateFiles` in a thread of its own, which a signal ends; the output begun until then is removed. */
import { once } from 'node:events';
import { followThreads } from '../files/unfinished-files.ts';
import { reviveError, type PlainError } from '../foundation/plain-error.ts';
import { startWorker } from '../foundation/start-worker.ts';
import type { AggregateFilesOptions, AggregateReport } from './aggregate-files.ts';

export type FromAggregateThread =
  | { readonly kind: 'done'; readonly report: AggregateReport }
  | { readonly kind: 'failed'; readonly error: PlainError };

export async function aggregateInThread(
  options: AggregateFilesOptions,
  signal: AbortSignal,
): Promise<AggregateReport> {
  followThreads();
  const worker = startWorker('./aggregate-worker', import.meta.url, { workerData: options });
  try {
    const [answer] = (await once(worker, 'message', { signal })) as [FromAggregateThread];
    if (answer.kind === 'failed') throw reviveError(answer.error);
    return answer.report;
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  } finally {
    await worker.terminate();
  }
}
