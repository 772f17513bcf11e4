/**
 * What ties a contribution's body to its worker and its round: the body ends with a hash of both. So the same bytes are
 * nobody else's contribution and no other round's. Who signs the digest of another's body has signed a body that every
 * member refuses; the other is not touched by it.
 *
 * What this cannot tell: who takes another's numbers and binds them to its own name. It is one of the Byzantine workers
 * that the rules are proved against (docs/attacks.md), and nobody can know which of two equal vectors came first, or
 * that both were not computed: to refuse equal vectors would let a thief push out whom it copies.
 */
import { hashOf, type Digest } from '../../crypto/hash.ts';
import type { PeerId } from '../../crypto/peer-id.ts';
import { equalBytes } from '../../foundation/bytes.ts';
import { sharedBytes } from '../../foundation/shared-memory.ts';

/** What a body is longer than what it carries. */
export const BINDING_BYTES = 16;

export interface BoundTo {
  /** The state that the contribution is signed on: it names the experiment and the round. */
  readonly anchor: Digest;
  readonly worker: PeerId;
}

function bindingOf({ anchor, worker }: BoundTo): Uint8Array {
  return hashOf('synod/body-binding', anchor, worker).subarray(0, BINDING_BYTES);
}

/** The body that carries these bytes in the worker's name; a copy. */
export function bindBody(carried: Uint8Array, to: BoundTo): Uint8Array {
  const body = sharedBytes(carried.length + BINDING_BYTES);
  body.set(carried);
  body.set(bindingOf(to), carried.length);
  return body;
}

/** What the body carries, a view of it; undefined where it is bound to another worker or state, or to nothing. */
export function carriedBy(body: Uint8Array, to: BoundTo): Uint8Array | undefined {
  const end = body.length - BINDING_BYTES;
  if (end < 0 || !equalBytes(body.subarray(end), bindingOf(to))) return undefined;
  return body.subarray(0, end);
}
