/** One worker thread as the pool sees it: started, given one job at a time, and what becomes of the job if it dies. */
import type { Worker } from 'node:worker_threads';
import { OperatorError } from '../foundation/operator-error.ts';
import { reviveError } from '../foundation/plain-error.ts';
import { startWorker } from '../foundation/start-worker.ts';
import { ABORTED_JOB, endlessHook, HookWatch, newControl, unsettledModule } from './hook-watch.ts';
import { TrainingError } from './training-error.ts';
import type { FromWorker, Job, JobResult, ToWorker, WorkerStart } from './worker-messages.ts';

type Ready = Extract<FromWorker, { kind: 'ready' }>;

interface Running {
  readonly id: number;
  readonly resolve: (result: JobResult) => void;
  readonly reject: (error: Error) => void;
}

const GRACE_MS = 2000;

export class TrainingThread {
  /** Resolves when the thread can take jobs; rejects where it could not start. */
  readonly ready: Promise<Ready>;
  private readonly worker: Worker;
  private readonly control: Int32Array;
  private readonly exited: Promise<void>;
  private running: Running | undefined;
  private alive = true;
  private death: Error | undefined;

  constructor(start: Omit<WorkerStart, 'control'>, hookLimitMs: number) {
    this.control = newControl();
    const workerData: WorkerStart = { ...start, control: this.control.buffer as SharedArrayBuffer };
    this.worker = startWorker('./training-worker', import.meta.url, { workerData });
    const watch = new HookWatch(this.control, hookLimitMs, () => {
      if (!('path' in start.task)) return;
      this.death ??= new OperatorError(endlessHook(start.task.path, hookLimitMs));
      void this.worker.terminate();
    });
    this.worker.once('exit', () => watch.close());
    let isReady = false;
    this.exited = new Promise((resolve) => {
      this.worker.once('exit', (code) => {
        if (!isReady && start.task.kind === 'task-module') {
          this.death ??= new OperatorError(unsettledModule(start.task.path));
        }
        this.end(
          this.death ?? new TrainingError('worker-crashed', `a training thread ended with code ${code}`),
        );
        resolve();
      });
    });
    this.worker.on('error', (error) => {
      this.death = new TrainingError('worker-crashed', `a training thread crashed: ${error.message}`, {
        cause: error,
      });
    });
    this.ready = new Promise((resolve, reject) => {
      this.worker.on('message', (message: FromWorker) => {
        if (message.kind === 'ready') {
          isReady = true;
          this.worker.unref();
          resolve(message);
        } else if (message.kind === 'failed') {
          const { operator, error } = message;
          this.death = operator
            ? reviveError(error)
            : new TrainingError('engine-failed', error.stack ?? error.message);
          reject(this.death);
        } else this.settle(message);
      });
      this.worker.once('exit', () =>
        reject(this.death ?? new TrainingError('worker-crashed', 'a training thread did not start')),
      );
    });
    this.ready.catch(() => undefined);
  }

  get usable(): boolean {
    return this.alive;
  }

  /** Runs a job; the thread must be ready and idle. It keeps the process alive only while it works. */
  run(id: number, job: Job): Promise<JobResult> {
    return new Promise((resolve, reject) => {
      if (!this.alive) {
        reject(this.death ?? new TrainingError('worker-crashed', 'the training thread is gone'));
        return;
      }
      this.running = { id, resolve, reject };
      this.worker.ref();
      this.worker.postMessage({ kind: 'job', id, job } satisfies ToWorker);
    });
  }

  /** Tells the thread to stop at the next chunk; the job then fails with `aborted`. */
  abort(id: number): void {
    Atomics.store(this.control, ABORTED_JOB, id);
  }

  /** `gently` lets the thread free its device first; it is ended by force after a grace period. */
  async close(gently: boolean): Promise<void> {
    this.end(new TrainingError('closed', 'the training pool is closed'));
    if (!gently) {
      await this.worker.terminate();
      return;
    }
    this.worker.postMessage({ kind: 'close' } satisfies ToWorker);
    this.worker.ref();
    const timer = setTimeout(() => void this.worker.terminate(), GRACE_MS);
    await this.exited;
    clearTimeout(timer);
  }

  private settle(message: Extract<FromWorker, { kind: 'done' | 'error' }>): void {
    const running = this.running;
    if (running?.id !== message.id) return;
    this.running = undefined;
    this.worker.unref();
    if (message.kind === 'done') running.resolve(message.result);
    else if (message.code === 'operator') running.reject(reviveError(message.error));
    else running.reject(new TrainingError(message.code, message.error.message));
  }

  private end(error: Error): void {
    this.alive = false;
    this.death ??= error;
    const running = this.running;
    this.running = undefined;
    running?.reject(error);
  }
}
