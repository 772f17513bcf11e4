/** The hash thread: hashes what lies in shared memory, one job after the other. */
import { parentPort } from 'node:worker_threads';
import { present } from '../foundation/assert.ts';
import { SharedGarbage } from '../foundation/shared-garbage.ts';
import { resultOf, type HashAnswer, type HashJob, type HashRequest } from './hash-job.ts';

const port = present(parentPort, 'the parent of the hash thread');

const garbage = new SharedGarbage();

port.on('message', ({ id, job }: HashRequest) => {
  port.postMessage({ id, result: resultOf(job) } satisfies HashAnswer);
  garbage.saw(bytesOf(job));
});

function bytesOf(job: HashJob): number {
  if (job.kind === 'pieces') return job.body.length;
  let bytes = 0;
  for (const part of job.parts) if (part instanceof Uint8Array) bytes += part.length;
  return bytes;
}
