/**
 * Bodies at hand by digest: contributions and updates of the newest rounds. The oldest go when the shelf holds more
 * than its limit; what is gone is pulled again.
 */
import type { Digest } from '../crypto/hash.ts';

export class BodyShelf {
  private readonly bodies = new Map<Digest, Uint8Array>();
  private readonly maxBytes: number;
  private held = 0;

  constructor(maxBytes: number) {
    this.maxBytes = maxBytes;
  }

  get(digest: Digest): Uint8Array | undefined {
    return this.bodies.get(digest);
  }

  put(digest: Digest, body: Uint8Array): void {
    if (this.bodies.has(digest)) return;
    this.bodies.set(digest, body);
    this.held += body.length;
    for (const [oldest, { length }] of this.bodies) {
      if (this.held <= this.maxBytes || this.bodies.size === 1) return;
      this.bodies.delete(oldest);
      this.held -= length;
    }
  }
}
