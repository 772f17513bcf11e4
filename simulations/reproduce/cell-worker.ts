/** A thread that runs cells of one reproduction until it is told to end. */
import { parentPort, workerData } from 'node:worker_threads';
import { present } from '../../src/foundation/assert.ts';
import { OperatorError } from '../../src/foundation/operator-error.ts';
import { openRunner } from './catalogue.ts';
import type { CellWorkerData, FromCellWorker, ToCellWorker } from './grid-runner.ts';

const port = present(parentPort, 'the parent of a cell worker');
const { reproduction, dataDir } = workerData as CellWorkerData;
const tell = (message: FromCellWorker) => port.postMessage(message);
const fail = (error: unknown) => {
  const operator = error instanceof OperatorError;
  const { message, stack } = error as Error;
  tell({ kind: 'failed', message: operator ? message : (stack ?? message), operator });
};

try {
  const runner = await openRunner(reproduction, dataDir);
  port.on('message', (message: ToCellWorker) => {
    if (message.kind === 'end') {
      void runner.close().finally(() => port.close());
      return;
    }
    runner
      .run(message.cell.settings, (share) => tell({ kind: 'progress', share }))
      .then((outcome) => tell({ kind: 'done', outcome }), fail);
  });
  tell({ kind: 'ready' });
} catch (error) {
  fail(error);
}
