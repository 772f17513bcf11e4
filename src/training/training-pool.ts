/**
 * Worker threads that train, so that no heartbeat, vote or key press waits for a gradient. A simulation of many peers
 * shares one pool; a peer process has one of a single thread. Every failure is a TrainingError or, where the operator
 * can cure it, an OperatorError; nothing hangs: a dead thread fails its job and is replaced for the next.
 */
import { availableParallelism } from 'node:os';
import { present } from '../foundation/assert.ts';
import { isShared } from '../foundation/shared-memory.ts';
import type { Seed } from '../foundation/seeded-random.ts';
import { backendOf } from './backends/all-backends.ts';
import type { BackendChoice, SkippedBackend } from './backends/backend.ts';
import type { Evaluation } from './gradient-engine.ts';
import { HOOK_LIMIT_MS } from './hook-watch.ts';
import { SharedBuffers } from './shared-buffers.ts';
import { TrainingError } from './training-error.ts';
import type {
  BatchRequest,
  DatasetDescription,
  DescendRequest,
  EvaluateRequest,
  GradientRequest,
  GradientResult,
  GradientsRequest,
  PredictRequest,
  TaskDescription,
  TrainingPool,
  TrainingPoolOptions,
} from './training-requests.ts';
import { TrainingThread } from './training-thread.ts';
import type { Job, JobResult } from './worker-messages.ts';

/** Starts the first thread, chooses the back end in it, and waits until it can work. */
export async function createTrainingPool(options: TrainingPoolOptions): Promise<TrainingPool> {
  const pool = new ThreadPool(options);
  try {
    await pool.start();
  } catch (error) {
    await pool.close();
    throw error;
  }
  return pool;
}

/** A place for a thread; busy from the moment that a job is meant for it, its thread's start included. */
interface Slot {
  thread: TrainingThread | undefined;
  busy: boolean;
}

interface Waiting {
  readonly id: number;
  readonly job: Job;
  readonly resolve: (result: JobResult) => void;
  readonly reject: (error: Error) => void;
  aborted: boolean;
}

/** Pieces that a request of many batches is cut into, for each thread: a few, so that all end at about the same time. */
const PIECES_PER_THREAD = 2;

class ThreadPool implements TrainingPool {
  private readonly options: TrainingPoolOptions;
  private readonly slots: Slot[] = [];
  private readonly queue: Waiting[] = [];
  private readonly lost: SkippedBackend[] = [];
  private readonly buffers = new SharedBuffers();
  private choice: BackendChoice | undefined;
  private description: TaskDescription | undefined;
  private count = 0;
  private limit = 1;
  private nextId = 1;
  private closed = false;

  constructor(options: TrainingPoolOptions) {
    this.options = options;
  }

  get task(): TaskDescription {
    return present(this.description, 'the started task');
  }

  get parameterCount(): number {
    return this.count;
  }

  get backend(): BackendChoice {
    return present(this.choice, 'the chosen back end');
  }

  get workers(): number {
    return this.limit;
  }

  async start(): Promise<void> {
    const slot: Slot = { thread: undefined, busy: false };
    this.slots.push(slot);
    await this.threadOf(slot);
    const wanted = this.options.workers ?? availableParallelism() - 1;
    const single = backendOf(this.backend.name).computesOn === 'device';
    this.limit = single ? 1 : Math.max(1, Math.floor(wanted));
  }

  async gradient({ parameters, out, signal, ...batch }: GradientRequest): Promise<GradientResult> {
    const [result] = await this.gradients({
      parameters,
      batches: [batch],
      ...(out === undefined ? {} : { out: [out] }),
      ...(signal === undefined ? {} : { signal }),
    });
    return present(result, 'the gradient');
  }

  async gradients({
    parameters,
    batches,
    out,
    signal,
  }: GradientsRequest): Promise<readonly GradientResult[]> {
    const pieces = Math.min(batches.length, this.limit === 1 ? 1 : this.limit * PIECES_PER_THREAD);
    const shared = this.buffers.shared(parameters);
    const parts: Promise<readonly GradientResult[]>[] = [];
    for (let piece = 0; piece < pieces; piece++) {
      const from = Math.floor((piece * batches.length) / pieces);
      const to = Math.floor(((piece + 1) * batches.length) / pieces);
      parts.push(this.piece(shared, batches.slice(from, to), out?.slice(from, to), signal));
    }
    const results = (await Promise.all(parts)).flat();
    // after a failure a thread may still be reading: the buffer is left to the collector
    if (shared !== parameters) this.buffers.giveBack(shared);
    return results;
  }

  async descend({ walk, batches, signal }: DescendRequest): Promise<readonly number[]> {
    const own = [walk.position, ...walk.moments];
    const shared = own.map((vector) => this.buffers.shared(vector));
    const [position, ...moments] = shared as [Float32Array, ...Float32Array[]];
    const job: Job = { kind: 'descend', walk: { ...walk, position, moments }, batches };
    const result = await this.submit(job, signal);
    // after a failure a thread may still be writing: the buffers are left to the collector
    for (const [i, vector] of shared.entries()) {
      if (vector === own[i]) continue;
      own[i]?.set(vector);
      this.buffers.giveBack(vector);
    }
    return (result as Extract<JobResult, { kind: 'descend' }>).losses;
  }

  async evaluate({ signal, ...request }: EvaluateRequest): Promise<Evaluation> {
    const result = await this.submit({ kind: 'evaluate', ...request }, signal);
    return (result as Extract<JobResult, { kind: 'evaluate' }>).evaluation;
  }

  async predict({ signal, ...request }: PredictRequest): Promise<Float32Array> {
    const result = await this.submit({ kind: 'predict', ...request }, signal);
    return (result as Extract<JobResult, { kind: 'predict' }>).scores;
  }

  async initialParameters(seed: Seed): Promise<Float32Array> {
    const result = await this.submit({ kind: 'initial-parameters', seed });
    return (result as Extract<JobResult, { kind: 'initial-parameters' }>).parameters;
  }

  async describe(dataset: string): Promise<DatasetDescription> {
    const result = await this.submit({ kind: 'describe', dataset });
    return (result as Extract<JobResult, { kind: 'describe' }>).dataset;
  }

  async close(): Promise<void> {
    this.closed = true;
    for (const waiting of this.queue.splice(0)) waiting.reject(closedError());
    const gently = this.choice !== undefined && backendOf(this.choice.name).computesOn === 'device';
    await Promise.all(
      this.slots.map(async ({ thread }) => {
        if (thread !== undefined) await thread.close(gently);
      }),
    );
  }

  private async piece(
    parameters: Float32Array,
    batches: readonly BatchRequest[],
    out: readonly Float32Array[] | undefined,
    signal: AbortSignal | undefined,
  ): Promise<readonly GradientResult[]> {
    const rows = batches.map((_, i) => {
      const target = out?.[i];
      return target !== undefined && isShared(target) ? target : this.buffers.take(this.count);
    });
    const job: Job = { kind: 'gradients', parameters, batches, out: rows };
    const result = (await this.submit(job, signal)) as Extract<JobResult, { kind: 'gradients' }>;
    return rows.map((row, i) => {
      const target = out?.[i];
      const loss = result.losses[i] as number;
      if (row === target) return { gradient: row, loss };
      const gradient = target ?? new Float32Array(row.length);
      gradient.set(row);
      this.buffers.giveBack(row);
      return { gradient, loss };
    });
  }

  private submit(job: Job, signal?: AbortSignal): Promise<JobResult> {
    if (this.closed) return Promise.reject(closedError());
    if (signal?.aborted === true) return Promise.reject(abortedError());
    return new Promise((resolve, reject) => {
      const onAbort = (): void => {
        waiting.aborted = true;
        const place = this.queue.indexOf(waiting);
        if (place >= 0) this.queue.splice(place, 1);
        else for (const { thread } of this.slots) thread?.abort(waiting.id);
        reject(abortedError());
      };
      const waiting: Waiting = {
        id: this.nextId++,
        job,
        aborted: false,
        resolve: (result) => {
          signal?.removeEventListener('abort', onAbort);
          resolve(result);
        },
        reject: (error) => {
          signal?.removeEventListener('abort', onAbort);
          reject(error);
        },
      };
      signal?.addEventListener('abort', onAbort, { once: true });
      this.queue.push(waiting);
      this.dispatch();
    });
  }

  /** Gives waiting jobs to idle slots, up to the limit. */
  private dispatch(): void {
    for (let i = 0; i < this.limit && this.queue.length > 0; i++) {
      const slot = (this.slots[i] ??= { thread: undefined, busy: false });
      if (slot.busy) continue;
      void this.serve(slot, present(this.queue.shift(), 'a waiting job'));
    }
  }

  private async serve(slot: Slot, waiting: Waiting): Promise<void> {
    slot.busy = true;
    try {
      const thread = await this.threadOf(slot);
      // an abort while the thread started has already rejected the promise
      if (!waiting.aborted) waiting.resolve(await thread.run(waiting.id, waiting.job));
    } catch (error) {
      if (error instanceof TrainingError && error.code === 'device-lost') await this.giveUpDevice(error);
      waiting.reject(error as Error);
    }
    slot.busy = false;
    if (!this.closed) this.dispatch();
  }

  private async threadOf(slot: Slot): Promise<TrainingThread> {
    if (slot.thread?.usable === true) return slot.thread;
    if (this.closed) throw closedError();
    const { task, datasets, backend } = this.options;
    const name = this.choice?.name ?? (this.lost.length > 0 ? 'auto' : backend);
    const thread = new TrainingThread(
      { task, datasets, backend: name, lost: [...this.lost] },
      this.options.hookLimitMs ?? HOOK_LIMIT_MS,
    );
    slot.thread = thread;
    const ready = await thread.ready;
    this.choice ??= ready.backend;
    this.description = ready.task;
    this.count = ready.parameterCount;
    return thread;
  }

  /** The device is gone for all: the next request chooses among the other back ends. */
  private async giveUpDevice(error: TrainingError): Promise<void> {
    if (this.choice === undefined) return;
    this.lost.push({ name: this.choice.name, reason: error.message });
    this.choice = undefined;
    await Promise.all(
      this.slots.map(async (slot) => {
        const { thread } = slot;
        slot.thread = undefined;
        await thread?.close(true);
      }),
    );
  }
}

function closedError(): TrainingError {
  return new TrainingError('closed', 'the training pool is closed');
}

function abortedError(): TrainingError {
  return new TrainingError('aborted', 'the request was aborted');
}
