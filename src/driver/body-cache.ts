/**
 * Bodies at hand by digest: contributions and updates of the newest rounds. The oldest go when the cache holds more
 * than its limits; what is gone is pulled again. Small bodies are bounded by their number, since each costs more than its
 * bytes.
 */
import { Interned } from '../foundation/interned.ts';
import { SharedGarbage } from '../foundation/shared-garbage.ts';
import { inSharedMemory, isShared } from '../foundation/shared-memory.ts';
import type { Digest } from '../crypto/hash.ts';

/** Peers of one process hold a body once. */
const bodiesOfProcess = new Interned<Uint8Array>();
/** What the caches let go: the engine would not notice. */
const garbage = new SharedGarbage();

export interface CacheLimits {
  readonly bytes: number;
  readonly bodies: number;
}

export class BodyCache {
  private readonly bodies = new Map<Digest, Uint8Array>();
  private readonly limits: () => CacheLimits;
  private held = 0;

  /** The limits may rise and fall with those that take part. */
  constructor(limits: () => CacheLimits) {
    this.limits = limits;
  }

  get(digest: Digest): Uint8Array | undefined {
    return this.bodies.get(digest);
  }

  get bytes(): number {
    return this.held;
  }

  get size(): number {
    return this.bodies.size;
  }

  /** Keeps the body in memory that threads share, and returns it as it lies there. It must have the digest. */
  put(digest: Digest, given: Uint8Array): Uint8Array {
    const known = this.bodies.get(digest);
    if (known !== undefined) return known;
    const met = bodiesOfProcess.get(digest);
    const body = met ?? bodiesOfProcess.of(digest, inSharedMemory(given));
    this.bodies.set(digest, body);
    this.held += body.length;
    const limits = this.limits();
    for (const [oldest, { length }] of this.bodies) {
      const fits = this.held <= limits.bytes && this.bodies.size <= limits.bodies;
      if (fits || this.bodies.size === 1) break;
      this.bodies.delete(oldest);
      this.held -= length;
    }
    // what another peer of the process holds already is garbage where it came as a copy
    if (met !== given && isShared(body)) garbage.saw(body.length);
    return body;
  }
}
