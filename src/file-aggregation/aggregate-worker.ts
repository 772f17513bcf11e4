/** The thread that aggregates: its passes never yield, and the main thread must hear signals meanwhile. */
import '../foundation/polyfill.ts';
import { parentPort, workerData } from 'node:worker_threads';
import { present } from '../foundation/assert.ts';
import { toPlainError } from '../foundation/plain-error.ts';
import { aggregateFiles, type AggregateFilesOptions } from './aggregate-files.ts';
import type { FromAggregateThread } from './aggregate-in-thread.ts';

const port = present(parentPort, 'parent port');
const say = (message: FromAggregateThread): void => port.postMessage(message);

try {
  say({ kind: 'done', report: await aggregateFiles(workerData as AggregateFilesOptions) });
} catch (error) {
  say({ kind: 'failed', error: toPlainError(error) });
}
