/**
 * One thread of the process that hashes large bytes, so that heartbeats and votes do not wait for them. It is given
 * references to shared memory, never copies; what is small, or lies in memory of this thread alone, is hashed here, since
 * a message costs more. The bytes must not change.
 */
import type { Worker } from 'node:worker_threads';
import { isShared } from '../foundation/shared-memory.ts';
import { startWorker } from '../foundation/start-worker.ts';
import { digestOfPieceList } from './body-digest.ts';
import { hashOf, type Digest, type HashPart } from './hash.ts';
import { resultOf, type HashAnswer, type HashJob, type HashRequest } from './hash-job.ts';

/** Below this a message to a thread and back takes longer than the hash. */
export const LEAST_THREAD_BYTES = 65_536;

interface Pending {
  readonly job: HashJob;
  readonly resolve: (result: Uint8Array) => void;
}

export class HashThread {
  /** How many jobs the thread was given since the start. */
  jobs = 0;
  private worker: Worker | undefined;
  private hasFailed = false;
  private nextId = 0;
  private readonly pending = new Map<number, Pending>();
  /** Lists by the body that they describe, so that they go when the body goes: a body is hashed once. */
  private readonly lists = new WeakMap<Uint8Array, Promise<Uint8Array>>();

  /** The digests of a body's pieces. */
  pieceList(body: Uint8Array): Promise<Uint8Array> {
    const known = this.lists.get(body);
    if (known !== undefined) return known;
    const list = this.run({ kind: 'pieces', body }, body);
    this.lists.set(body, list);
    return list;
  }

  /** The list of a body all of whose pieces were checked against it: it need not be hashed again. */
  knows(body: Uint8Array, list: Uint8Array): void {
    this.lists.set(body, Promise.resolve(list));
  }

  async bodyDigest(body: Uint8Array): Promise<Digest> {
    return digestOfPieceList(await this.pieceList(body), body.length);
  }

  /** `hashOf` of a tag and parts, of which the last may be large. */
  async hashOf(tag: string, ...parts: readonly HashPart[]): Promise<Uint8Array> {
    const last = parts.at(-1);
    return last instanceof Uint8Array ? this.run({ kind: 'hash', tag, parts }, last) : hashOf(tag, ...parts);
  }

  private run(job: HashJob, about: Uint8Array): Promise<Uint8Array> {
    if (about.length < LEAST_THREAD_BYTES || !isShared(about)) return Promise.resolve(resultOf(job));
    const worker = this.hasFailed ? undefined : (this.worker ??= this.start());
    if (worker === undefined) return Promise.resolve(resultOf(job));
    return new Promise((resolve) => {
      const id = this.nextId++;
      this.jobs += 1;
      // it holds the process while it works, and no longer
      if (this.pending.size === 0) worker.ref();
      this.pending.set(id, { job, resolve });
      worker.postMessage({ id, job } satisfies HashRequest);
    });
  }

  private start(): Worker {
    const worker = startWorker('./hash-worker', import.meta.url);
    worker.unref();
    worker.on('message', ({ id, result }: HashAnswer) => {
      this.pending.get(id)?.resolve(result);
      this.pending.delete(id);
      if (this.pending.size === 0) worker.unref();
    });
    // such as no memory for another thread: what it was given, and all that follows, is hashed here
    worker.on('error', () => this.fail());
    worker.on('exit', () => this.fail());
    return worker;
  }

  private fail(): void {
    this.hasFailed = true;
    const left = [...this.pending.values()];
    this.pending.clear();
    for (const { job, resolve } of left) resolve(resultOf(job));
  }
}

/** That of this process. */
export const hashThread = new HashThread();
