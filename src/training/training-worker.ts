/** The entry of a training thread: starts a TaskRunner from `workerData`, then answers jobs in order. */
import '../foundation/polyfill.ts';
import { parentPort, workerData } from 'node:worker_threads';
import { present } from '../foundation/assert.ts';
import { OperatorError } from '../foundation/operator-error.ts';
import { toPlainError } from '../foundation/plain-error.ts';
import { ABORTED_JOB, beatOf } from './hook-watch.ts';
import { TaskRunner } from './task-runner.ts';
import { TrainingError } from './training-error.ts';
import type { FromWorker, JobResult, ToWorker, WorkerStart } from './worker-messages.ts';

const port = present(parentPort, 'the parent of a training thread');
const start = workerData as WorkerStart;
const control = new Int32Array(start.control);
const beat = beatOf(control);

const send = (message: FromWorker, transfer: ArrayBuffer[] = []): void => port.postMessage(message, transfer);

try {
  const runner = await TaskRunner.start(start, beat);
  let queue = Promise.resolve();
  port.on('message', (message: ToWorker) => {
    if (message.kind === 'close') {
      queue = queue.then(() => {
        runner.close();
        port.close();
      });
      return;
    }
    queue = queue.then(() => answer(runner, message));
  });
  const { task, engine, backend } = runner;
  send({
    kind: 'ready',
    backend,
    task: { name: task.name, parameters: task.parameters.map(({ name, shape }) => ({ name, shape })) },
    parameterCount: engine.parameterCount,
  });
} catch (error) {
  send({ kind: 'failed', operator: error instanceof OperatorError, error: toPlainError(error) });
  port.close();
}

async function answer(runner: TaskRunner, { id, job }: Extract<ToWorker, { kind: 'job' }>): Promise<void> {
  try {
    const result = await runner.run(job, () => Atomics.load(control, ABORTED_JOB) === id);
    send({ kind: 'done', id, result }, buffersOf(result));
  } catch (error) {
    const known = error instanceof TrainingError ? error.code : 'engine-failed';
    const code = error instanceof OperatorError ? 'operator' : known;
    send({ kind: 'error', id, code, error: toPlainError(error) });
  }
}

/** Buffers that the result owns and can be moved rather than copied. */
function buffersOf(result: JobResult): ArrayBuffer[] {
  switch (result.kind) {
    case 'gradients':
      return result.rows.flatMap((row) => (row === undefined ? [] : [row.buffer as ArrayBuffer]));
    case 'predict':
      return [result.scores.buffer as ArrayBuffer];
    case 'initial-parameters':
      return [result.parameters.buffer as ArrayBuffer];
    case 'descend':
    case 'evaluate':
    case 'describe':
      return [];
  }
}
