/** The entry of the thread that tries a user's module: loads it and says null, or what is wrong with it. */
import '../foundation/polyfill.ts';
import { parentPort, workerData } from 'node:worker_threads';
import { present } from '../foundation/assert.ts';
import { toPlainError } from '../foundation/plain-error.ts';
import { openTaskModule } from './open-task-module.ts';

const port = present(parentPort, 'the parent of a trial');
try {
  await openTaskModule(workerData as string);
  port.postMessage(null);
} catch (error) {
  port.postMessage(toPlainError(error));
}
