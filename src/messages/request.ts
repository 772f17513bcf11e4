/** Questions that one peer asks another on a direct stream, and their answers. */
import type { Digest } from '../crypto/hash.ts';

export type Request =
  /** Decisions from a round on, without bodies; at most MAX_DECISIONS_PER_ANSWER of them. */
  | { readonly kind: 'decisions'; readonly fromRound: number }
  /** The pieces of the newest checkpoint at or below a round. */
  | { readonly kind: 'checkpoint'; readonly atMostRound: number }
  /** A body by its digest: an update, a contribution or a piece of a checkpoint. */
  | { readonly kind: 'body'; readonly digest: Digest };

export type Answer =
  /** Encoded decisions, each bounded and decoded by itself (`MessageCodec.decodeDecision`). */
  | { readonly kind: 'decisions'; readonly decisions: readonly Uint8Array[]; readonly head: number }
  | {
      readonly kind: 'checkpoint';
      readonly round: number;
      readonly byteLength: number;
      readonly pieces: readonly Digest[];
    }
  | { readonly kind: 'body'; readonly body: Uint8Array }
  | { readonly kind: 'none' };

export const MAX_DECISIONS_PER_ANSWER = 32;
export const CHECKPOINT_PIECE_BYTES = 1 << 20;
