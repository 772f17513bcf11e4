/**
 * What drive() asks of storage, with callbacks. Every `save` is one atomic batch that is on the disk when `done` is
 * called; what was saved before a crash is there after it.
 */
import type { Digest } from '../crypto/hash.ts';
import type { Decision, UnverifiedDecision } from '../messages/decision.ts';
import type { PartialBody } from '../network/transport.ts';
import type { Chain } from '../protocol/chain/chain.ts';
import type { RoundMemory } from '../protocol/saved-state.ts';

export interface LedgerPort {
  /** Everybody's contributions to certified rounds are kept, so that aggregates can be computed again later. */
  readonly keepsContributions?: boolean;

  load(done: (loaded: LoadedLedger) => void): void;

  /**
   * Replaces the memory of (round, anchor), in one batch with what was held for it; memories of rounds below
   * `forgetBelow` may be dropped.
   */
  saveMemory(memory: RoundMemory, forgetBelow: number, done: () => void): void;
  /**
   * The own contribution's body, which its signature needs, and those of a list, which the vote for it needs: the next
   * memory that is saved takes them along, so that what is signed in it is never on the disk without them. They are in memory
   * until then. Those of rounds below `forgetBelow` may be dropped.
   */
  holdContributions(round: number, contributions: readonly StoredBody[], forgetBelow: number): void;
  /** The same at once, in a batch of its own: for bodies so large that the memory should not wait for them. */
  saveContributions(
    round: number,
    contributions: readonly StoredBody[],
    forgetBelow: number,
    done: () => void,
  ): void;
  contribution(digest: Digest, done: (body: Uint8Array | undefined) => void): void;

  /** In one batch; `truncate` first drops everything about this and later rounds except memories. */
  saveDecision(
    stored: StoredDecision & { readonly decision: Decision },
    update: Uint8Array | undefined,
    truncate: boolean,
    done: () => void,
  ): void;
  /** Up to `limit` decisions from a round on, without a gap. */
  decisions(fromRound: number, limit: number, done: (decisions: readonly StoredDecision[]) => void): void;
  update(round: number, done: (update: Uint8Array | undefined) => void): void;
  updateByDigest(digest: Digest, done: (update: Uint8Array | undefined) => void): void;

  /** What the peer may have signed before its disk was lost is behind it. */
  trustMemories(done: () => void): void;

  /** The application's state before `chain.round`. */
  saveCheckpoint(chain: Chain, state: Uint8Array, done: () => void): void;
  /** The newest checkpoint at or below a round. */
  checkpoint(atMostRound: number, done: (found: StoredCheckpoint | undefined) => void): void;
  /** The state whose fetch from others did not come to its end, in this process or in one before. */
  unfinishedState(): Digest | undefined;
  /** Where its pieces are kept until a checkpoint of this round or a later one is stored; undefined: nowhere. */
  partialState(chain: Chain, byteLength: number): PartialBody | undefined;
  /** The state of a checkpoint by its digest, for others. */
  storedBody(digest: Digest, done: (body: BodyOnDisk | undefined) => void): void;
}

export interface StoredBody {
  readonly digest: Digest;
  readonly body: Uint8Array;
}

/** A body on the disk. */
export interface BodyOnDisk {
  readonly byteLength: number;
  /** The digests of its pieces, from which its own follows. */
  readonly list: Uint8Array;
  /** undefined: the piece has been dropped, or is damaged. */
  piece(index: number, done: (piece: Uint8Array | undefined) => void): void;
}

export interface StoredDecision {
  /** Unverified, as whatever is read from a disk: whoever reads checks it again on its chain. */
  readonly decision: UnverifiedDecision;
  /** The beacon's seed of the round, which its update is applied with. */
  readonly seed: Uint8Array;
}

export interface StoredCheckpoint {
  readonly chain: Chain;
  readonly state: Uint8Array;
}

export interface LoadedLedger {
  /** Of a checkpoint so old that every round is here that others may ask about; undefined: genesis. */
  readonly chain: Chain | undefined;
  /** From `chain.round` on. */
  readonly decisions: readonly StoredDecision[];
  readonly memories: readonly RoundMemory[];
  /** The ledger is empty and was not begun together with its key: a lost disk. */
  readonly amnesiac: boolean;
}
