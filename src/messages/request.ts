/** Questions that one peer asks another on a direct stream, and their answers. */
import type { Digest } from '../crypto/hash.ts';

export type Request =
  /** Decisions from a round on, without bodies; at most MAX_DECISIONS_PER_ANSWER of them. */
  | { readonly kind: 'decisions'; readonly fromRound: number }
  /** A body of an older round by its digest: an update or a contribution. */
  | { readonly kind: 'body'; readonly digest: Digest };

export type Answer =
  /** Encoded decisions, each bounded and decoded by itself (`MessageCodec.decodeDecision`). */
  | { readonly kind: 'decisions'; readonly decisions: readonly Uint8Array[]; readonly head: number }
  | { readonly kind: 'body'; readonly body: Uint8Array }
  | { readonly kind: 'none' };

export const MAX_DECISIONS_PER_ANSWER = 32;
