/** The hash thread: hashes what lies in shared memory, one job after the other. */
import { parentPort } from 'node:worker_threads';
import { present } from '../foundation/assert.ts';
import { resultOf, type HashAnswer, type HashRequest } from './hash-job.ts';

const port = present(parentPort, 'the parent of the hash thread');

port.on('message', ({ id, job }: HashRequest) =>
  port.postMessage({ id, result: resultOf(job) } satisfies HashAnswer),
);
