/**
 * The main thread's side of the application thread: one RemoteApplication for each peer of this process. Gradients,
 * aggregation and digests happen over there, so heartbeats, votes and key presses never wait for them.
 */
import type { Worker } from 'node:worker_threads';
import type { ExperimentSize } from '../config/experiment-size.ts';
import { present } from '../foundation/assert.ts';
import { reviveError } from '../foundation/plain-error.ts';
import { startWorker } from '../foundation/start-worker.ts';
import type { BackendChoice } from '../training/backends/backend.ts';
import type { Evaluation } from '../training/gradient-engine.ts';
import type { Digest } from '../crypto/hash.ts';
import type { AggregateResult, Application } from './application.ts';
import type { RoundContext } from '../crypto/beacon.ts';
import type { DecodeFault } from '../compression/compressor.ts';
import type { Contribution } from '../round/contribution-rows.ts';
import type { HeardRound } from '../round/heard-contributions.ts';
import type {
  ApplicationThreadData,
  Call,
  FromThread,
  Opened,
  Results,
  Standing,
  ToThread,
} from './application-calls.ts';
import type { TrainingFault } from './training-fault.ts';

interface Pending {
  resolve(result: unknown): void;
  reject(error: Error): void;
}

export class ApplicationThread {
  readonly applications: readonly RemoteApplication[];
  readonly backend: BackendChoice;
  readonly size: ExperimentSize;
  /** Examples of the peer that has the fewest. */
  readonly leastExamples: number;
  private readonly worker: Worker;
  private readonly pending = new Map<number, Pending>();
  private nextId = 0;
  private failure: Error | undefined;
  private readonly ended: Promise<void>;

  private constructor(worker: Worker, opened: Opened, data: ApplicationThreadData) {
    this.worker = worker;
    this.backend = opened.backend;
    this.size = opened.size;
    this.leastExamples = opened.leastExamples;
    this.applications = data.peers.map((_, peer) => new RemoteApplication(this, peer, opened));
    worker.on('message', (message: FromThread) => this.receive(message));
    this.ended = new Promise((resolve) => {
      worker.once('exit', () => {
        this.fail(new Error('the application thread has ended'));
        resolve();
      });
    });
    worker.on('error', (error: Error) => this.fail(error));
  }

  /**
   * Starts the thread and waits until data, kernels and back end are ready; throws what went wrong over there. The
   * signal ends the thread, also where a user's task never returns.
   */
  static async open(data: ApplicationThreadData, signal?: AbortSignal): Promise<ApplicationThread> {
    signal?.throwIfAborted();
    const worker = startWorker('./application-worker', import.meta.url, { workerData: data });
    const onAbort = (): void => void worker.terminate();
    signal?.addEventListener('abort', onAbort, { once: true });
    const opened = await new Promise<Opened>((resolve, reject) => {
      worker.once('error', reject);
      worker.once('exit', () => reject(new Error('the application thread ended while it opened')));
      worker.once('message', (message: FromThread) => {
        if (message.kind === 'opened') resolve(message.opened);
        else if (message.kind === 'failed') reject(reviveError(message.error));
        else reject(new Error(`the application thread began with ${message.kind}`));
      });
    })
      .catch((error: unknown) => {
        signal?.throwIfAborted();
        throw error;
      })
      .finally(() => signal?.removeEventListener('abort', onAbort));
    worker.removeAllListeners('error').removeAllListeners('exit');
    return new ApplicationThread(worker, opened, data);
  }

  call<C extends Call>(peer: number, call: C, signal?: AbortSignal): Promise<Results[C['method']]> {
    if (this.failure !== undefined) return Promise.reject(this.failure);
    const id = this.nextId++;
    return new Promise((resolve, reject) => {
      const onAbort = () => this.say({ kind: 'abort', id });
      const settled = () => signal?.removeEventListener('abort', onAbort);
      this.pending.set(id, {
        resolve: (result) => {
          settled();
          resolve(result as Results[C['method']]);
        },
        reject: (error) => {
          settled();
          reject(error);
        },
      });
      this.say({ kind: 'call', id, peer, call });
      if (signal?.aborted === true) onAbort();
      else signal?.addEventListener('abort', onAbort, { once: true });
    });
  }

  /** Ends training and the thread; what is under way fails. */
  async close(): Promise<void> {
    if (this.failure === undefined) {
      this.say({ kind: 'close' });
      this.fail(new Error('the application thread was closed'));
    }
    const timer = setTimeout(() => void this.worker.terminate(), CLOSE_TIMEOUT_MS);
    await this.ended;
    clearTimeout(timer);
  }

  private say(message: ToThread): void {
    this.worker.postMessage(message);
  }

  private receive(message: FromThread): void {
    if (message.kind !== 'result' && message.kind !== 'error') return;
    const pending = this.pending.get(message.id);
    this.pending.delete(message.id);
    if (message.kind === 'result') pending?.resolve(message.result);
    else pending?.reject(reviveError(message.error));
  }

  private fail(error: Error): void {
    this.failure ??= error;
    for (const pending of this.pending.values()) pending.reject(this.failure);
    this.pending.clear();
  }
}

const CLOSE_TIMEOUT_MS = 3_000;

export class RemoteApplication implements Application {
  readonly maxContributionBytes: number;
  readonly maxUpdateBytes: number;
  readonly stateByteLength: number;
  trainingLoss = NaN;
  /** Told whenever what was trained is of no use to others. */
  onTrainingFault: (round: number, fault: TrainingFault) => void = () => {};
  private readonly thread: ApplicationThread;
  private readonly peer: number;
  private standing: Standing;

  constructor(thread: ApplicationThread, peer: number, opened: Opened) {
    this.thread = thread;
    this.peer = peer;
    this.standing = opened.standing;
    this.maxContributionBytes = opened.maxContributionBytes;
    this.maxUpdateBytes = opened.maxUpdateBytes;
    this.stateByteLength = opened.stateByteLength;
  }

  get stateDigest(): Digest {
    return this.standing.stateDigest;
  }

  get steps(): number {
    return this.standing.steps;
  }

  async train(context: RoundContext, signal: AbortSignal): Promise<Uint8Array> {
    const { body, loss, fault } = await this.thread.call(this.peer, { method: 'train', context }, signal);
    this.trainingLoss = loss;
    if (fault !== undefined) this.onTrainingFault(context.round, fault);
    return body;
  }

  check(context: RoundContext, contribution: Contribution): Promise<DecodeFault | undefined> {
    return this.thread.call(this.peer, { method: 'check', context, contribution });
  }

  async overhear(context: RoundContext, heard: HeardRound): Promise<void> {
    await this.thread.call(this.peer, { method: 'overhear', context, heard });
  }

  aggregate(context: RoundContext, contributions: readonly Contribution[]): Promise<AggregateResult> {
    return this.thread.call(this.peer, { method: 'aggregate', context, contributions });
  }

  apply(context: RoundContext, update: Uint8Array): Promise<Digest> {
    return this.settle(this.thread.call(this.peer, { method: 'apply', context, update }));
  }

  stepBack(): Promise<Digest> {
    return this.settle(this.thread.call(this.peer, { method: 'stepBack' }));
  }

  checkpoint(): Promise<Uint8Array> {
    return this.thread.call(this.peer, { method: 'checkpoint' });
  }

  restore(bytes: Uint8Array): Promise<Digest> {
    return this.settle(this.thread.call(this.peer, { method: 'restore', bytes }));
  }

  /** Loss and accuracy of the current state on the test split. */
  evaluate(signal?: AbortSignal): Promise<Evaluation> {
    return this.thread.call(this.peer, { method: 'evaluate' }, signal);
  }

  parameters(): Promise<Float32Array> {
    return this.thread.call(this.peer, { method: 'parameters' });
  }

  private async settle(change: Promise<Standing>): Promise<Digest> {
    this.standing = present(await change, 'standing');
    return this.standing.stateDigest;
  }
}
