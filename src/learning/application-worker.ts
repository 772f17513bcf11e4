/** The application thread: holds the Applications of all peers of this process and answers the main thread's calls. */
import '../foundation/polyfill.ts';
import { parentPort, workerData, type Transferable } from 'node:worker_threads';
import { present } from '../foundation/assert.ts';
import { toPlainError } from '../foundation/plain-error.ts';
import { SharedGarbage } from '../foundation/shared-garbage.ts';
import { inSharedMemory } from '../foundation/shared-memory.ts';
import type {
  ApplicationThreadData,
  Call,
  FromThread,
  Results,
  Standing,
  ToThread,
} from './application-calls.ts';
import { openTraining, type OpenTraining } from './open-training.ts';
import type { TrainingApplication } from './training-application.ts';

const port = present(parentPort, 'parent port');
const aborts = new Map<number, AbortController>();

const garbage = new SharedGarbage();

/** Of all bodies and vectors in a call or a result. */
function bytesOf(value: unknown): number {
  if (ArrayBuffer.isView(value)) return value.byteLength;
  if (typeof value !== 'object' || value === null) return 0;
  return Object.values(value).reduce<number>((sum, part) => sum + bytesOf(part), 0);
}

function say(message: FromThread, transfer: readonly Transferable[] = []): void {
  port.postMessage(message, transfer);
}

function standingOf(application: TrainingApplication): Standing {
  const { round, steps } = application.state;
  return { stateDigest: application.stateDigest, round, steps };
}

async function answer(
  training: OpenTraining,
  application: TrainingApplication,
  call: Call,
  signal: AbortSignal,
): Promise<Results[Call['method']]> {
  switch (call.method) {
    case 'train':
      return application.train(call.context, signal).then((body) => {
        const { trainingLoss: loss, trainingFault: fault } = application;
        return { body: inSharedMemory(body), loss, fault };
      });
    case 'check':
      return application.check(call.context, call.contribution);
    case 'overhear':
      await application.overhear(call.context, call.heard);
      return undefined;
    case 'aggregate':
      return application.aggregate(call.context, call.contributions);
    case 'apply':
      await application.apply(call.context, call.update);
      return standingOf(application);
    case 'stepBack':
      await application.stepBack();
      return standingOf(application);
    case 'checkpoint':
      return application.checkpoint();
    case 'restore':
      await application.restore(call.bytes);
      return standingOf(application);
    case 'evaluate':
      return application.reading(({ parameters }) => training.evaluate(parameters, signal));
    case 'parameters':
      return application.state.parameters.slice();
  }
}

async function main(): Promise<void> {
  const { experiment, local, peers } = workerData as ApplicationThreadData;
  const training = await openTraining(experiment, local);
  const applications = await training.createApplications(peers);
  const first = present(applications[0], 'application');

  port.on('message', (message: ToThread) => {
    if (message.kind === 'abort') {
      aborts.get(message.id)?.abort();
      return;
    }
    if (message.kind === 'close') {
      for (const controller of aborts.values()) controller.abort();
      void training.close().finally(() => {
        say({ kind: 'closed' });
        port.close();
      });
      return;
    }
    const { id, peer, call } = message;
    const controller = new AbortController();
    aborts.set(id, controller);
    answer(training, present(applications[peer], `application ${peer}`), call, controller.signal)
      .then(
        (result) => {
          say({ kind: 'result', id, result });
          garbage.saw(bytesOf(result));
        },
        (error: unknown) => say({ kind: 'error', id, error: toPlainError(error) }),
      )
      .finally(() => {
        aborts.delete(id);
        garbage.saw(bytesOf(call));
      });
  });
  say({
    kind: 'opened',
    opened: {
      size: training.size,
      leastExamples: training.leastExamples,
      backend: training.backend,
      maxContributionBytes: first.maxContributionBytes,
      maxUpdateBytes: first.maxUpdateBytes,
      stateByteLength: first.stateByteLength,
      standing: standingOf(first),
    },
  });
}

main().catch((error: unknown) => {
  say({ kind: 'failed', error: toPlainError(error) });
  port.close();
});
