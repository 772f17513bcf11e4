/**
 * An Application as `drive()` calls it: callbacks, one at a time in the order of the calls, since each call acts on
 * the state that the one before it left. Training runs beside them and is aborted when its round is over.
 */
import type { Application } from '../learning/application.ts';
import type { ApplicationPort } from './environment.ts';

/** `onFailure` is told when the application itself fails: the peer cannot go on. */
export function fromApplication(
  application: Application,
  onFailure: (error: Error) => void,
): ApplicationPort {
  let queue: Promise<unknown> = Promise.resolve();
  let training = new AbortController();

  const enqueue = <T>(work: () => Promise<T>, done: (result: T) => void): void => {
    queue = queue.then(work).then(done).catch(onFailure);
  };

  return {
    get stateDigest() {
      return application.stateDigest;
    },
    stateByteLength: application.stateByteLength,
    train(context, done) {
      training.abort();
      const controller = new AbortController();
      training = controller;
      application.train(context, controller.signal).then(
        (body) => {
          if (!controller.signal.aborted) done(body);
        },
        (error: Error) => {
          if (!controller.signal.aborted) onFailure(error);
        },
      );
    },
    stopTraining: () => training.abort(),
    check: (context, contribution, done) => enqueue(() => application.check(context, contribution), done),
    aggregate: (context, contributions, done) =>
      enqueue(() => application.aggregate(context, contributions), done),
    apply: (context, update, done) => enqueue(() => application.apply(context, update), done),
    stepBack: (done) => enqueue(() => application.stepBack(), done),
    checkpoint: (done) => enqueue(() => application.checkpoint(), done),
    restore: (bytes, done) => enqueue(() => application.restore(bytes).catch(() => undefined), done),
  };
}
