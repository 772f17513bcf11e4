/**
 * What drive() asks of storage, with callbacks. Every `save` is one atomic batch that is on the disk when `done` is
 * called; what was saved before a crash is there after it.
 */
import type { Digest } from '../crypto/hash.ts';
import type { UnverifiedDecision } from '../messages/decision.ts';
import type { RoundMemory } from '../protocol/saved-state.ts';

export interface LedgerPort {
  load(done: (loaded: LoadedLedger) => void): void;

  /** Replaces the memory of (round, anchor); memories of rounds below `forgetBelow` may be dropped. */
  saveMemory(memory: RoundMemory, forgetBelow: number, done: () => void): void;
  /** The own contribution's body, before its header is signed. */
  saveContribution(round: number, digest: Digest, body: Uint8Array, done: () => void): void;
  contribution(digest: Digest, done: (body: Uint8Array | undefined) => void): void;

  /** Decision and update together; drops decisions and updates of later rounds where the decision is a new one. */
  saveDecision(decision: UnverifiedDecision, update: Uint8Array | undefined, done: () => void): void;
  /** Up to `limit` decisions from a round on. */
  decisions(fromRound: number, limit: number, done: (decisions: readonly UnverifiedDecision[]) => void): void;
  update(round: number, done: (update: Uint8Array | undefined) => void): void;

  /** The state before `round`. */
  saveCheckpoint(round: number, bytes: Uint8Array, done: () => void): void;
  /** The newest checkpoint at or below a round. */
  checkpoint(
    atMostRound: number,
    done: (found: { readonly round: number; readonly bytes: Uint8Array } | undefined) => void,
  ): void;
}

export interface LoadedLedger {
  readonly decisions: readonly UnverifiedDecision[];
  readonly memories: readonly RoundMemory[];
  /** Whether this ledger was begun together with its key: an empty ledger that was not is a lost disk. */
  readonly amnesiac: boolean;
}
