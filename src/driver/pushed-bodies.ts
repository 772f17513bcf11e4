/**
 * Bodies of contributions that their workers sent before anybody asked: small ones, which a round trip would cost more
 * than the bytes do. Each is kept under its own digest until a header names it; nothing depends on its coming, since
 * who does not have it pulls it. Open to whoever has a seat while this peer serves on a committee; the newest two of
 * each sender are kept.
 */
import { bodyDigest } from '../crypto/body-digest.ts';
import type { Digest } from '../crypto/hash.ts';
import type { PeerId } from '../crypto/peer-id.ts';
import { MAX_HELD_PUSHED_BYTES, MAX_PUSHED_BODY_BYTES, MAX_PUSHED_PER_PEER } from './limits.ts';

interface Pushed {
  readonly from: PeerId;
  readonly body: Uint8Array;
}

export class PushedBodies {
  /** In the order in which they came. */
  private readonly held = new Map<Digest, Pushed>();
  private readonly awaited = new Map<Digest, (body: Uint8Array) => void>();
  private isOpen = false;
  private heldBytes = 0;

  get bytes(): number {
    return this.heldBytes;
  }

  /** Whether pushes are taken: a peer on no committee needs nobody's body. */
  open(isOpen: boolean): void {
    this.isOpen = isOpen;
    if (isOpen) return;
    this.held.clear();
    this.heldBytes = 0;
  }

  /** False: of no use, and its sender pays for it. */
  put(from: PeerId, body: Uint8Array): boolean {
    if (!this.isOpen || body.length === 0 || body.length > MAX_PUSHED_BODY_BYTES) return false;
    const digest = bodyDigest(body);
    if (this.held.has(digest)) return false;
    const awaited = this.awaited.get(digest);
    if (awaited !== undefined) {
      this.awaited.delete(digest);
      awaited(body);
      return true;
    }
    const own = [...this.held].filter(([, pushed]) => pushed.from === from);
    if (own.length >= MAX_PUSHED_PER_PEER && own[0] !== undefined) this.drop(own[0][0]);
    this.held.set(digest, { from, body });
    this.heldBytes += body.length;
    for (const oldest of this.held.keys()) {
      if (this.heldBytes <= MAX_HELD_PUSHED_BYTES) break;
      this.drop(oldest);
    }
    return true;
  }

  /** The body, which is the caller's from now on; undefined where it has not come. */
  take(digest: Digest): Uint8Array | undefined {
    const pushed = this.held.get(digest);
    this.drop(digest);
    return pushed?.body;
  }

  /** Calls `come` when the body comes; the returned function ends the wait. One waits for a body at a time. */
  expect(digest: Digest, come: (body: Uint8Array) => void): () => void {
    this.awaited.set(digest, come);
    return () => {
      if (this.awaited.get(digest) === come) this.awaited.delete(digest);
    };
  }

  private drop(digest: Digest): void {
    this.heldBytes -= this.held.get(digest)?.body.length ?? 0;
    this.held.delete(digest);
  }
}
