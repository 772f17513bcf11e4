/**
 * What a peer keeps on disk, and what it may rely on after kill -9. The store knows rounds, digests and bytes; what
 * the bytes mean is the business of `src/messages`.
 *
 * - What a durable write acknowledged is there after any crash of the process and, as far as the disk keeps what it
 *   synced, of the machine. All writes are durable.
 * - Every value carries a checksum over its key and bytes. A damaged value is never returned: reading it throws a
 *   StoreError `damaged`; opening says in `condition` what is gone and cuts the history where it can no longer be read.
 * - Updates and contributions of the oldest rounds are dropped to keep within a limit (`kept-history.ts`), in writes of
 *   their own; decisions with their certificates stay.
 * - After a failed write (a full disk) the store refuses every further write until it is opened again.
 */
import type { Digest } from '../crypto/hash.ts';
import type { Keep } from './kept-history.ts';

/** What this peer must never forget about one round on one anchor: all that it signed, and its lock. */
export interface SavedMemory {
  readonly round: number;
  readonly anchor: Digest;
  readonly bytes: Uint8Array;
}

export interface SavedDecision {
  readonly round: number;
  /** The decision with its certificate. */
  readonly decision: Uint8Array;
  /** The update's body; absent for rounds that a late peer only checked, below the checkpoint that it began with. */
  readonly update?: { readonly digest: Digest; readonly body: Uint8Array } | undefined;
}

export interface SavedContribution {
  readonly digest: Digest;
  readonly body: Uint8Array;
}

/** Bodies that workers contributed to a round; those of rounds below `forgetBelow` are dropped, unless all are kept. */
export interface SavedBodies {
  readonly round: number;
  readonly contributions: readonly SavedContribution[];
  readonly forgetBelow: number;
}

export interface SavedCheckpoint {
  /** The round that starts from the state in it. */
  readonly round: number;
  /** Where the state stands. */
  readonly about: Uint8Array;
  readonly state: Uint8Array;
}

/** A checkpoint's state, a piece at a time as `src/crypto/body-digest.ts` cuts it. */
export interface StoredState {
  readonly byteLength: number;
  /** The digests of the pieces. */
  readonly list: Uint8Array;
  /** Rejects with `damaged` where it is not there any more as it was. */
  piece(index: number): Promise<Uint8Array>;
}

export interface StoreCondition {
  /** Nothing was stored before this opening. */
  readonly fresh: boolean;
  /**
   * False where memories may have been lost: the peer must not sign in a round that could have been open then. It
   * follows the chain past such rounds and calls `trustMemories`; until then every opening says false again.
   */
  readonly memoriesIntact: boolean;
  /** One sentence for each thing that was found wrong, and what became of it. */
  readonly damage: readonly string[];
}

export interface Store {
  readonly experiment: Digest;
  /** What the store's maker gave to describe the experiment, such as the text of its file. */
  readonly about: Uint8Array;
  readonly condition: StoreCondition;
  /** Contributions of settled rounds are kept too, as far as the limit allows. */
  readonly keepsContributions: boolean;
  readonly keep: Keep;
  /** Updates and contributions of rounds below it were dropped, to keep within the store's limit; 0: none were. */
  readonly droppedBelow: number;

  /**
   * Replaces the memory of (round, anchor); memories of rounds below `forgetBelow` are dropped with the same write, and
   * bodies that the memory needs are kept with it.
   */
  saveMemory(memory: SavedMemory, forgetBelow: number, bodies?: readonly SavedBodies[]): Promise<void>;
  /** All memories, by round. */
  memories(): Promise<SavedMemory[]>;
  /** The peer's word that what it lost is behind it. */
  trustMemories(): Promise<void>;

  /**
   * Decisions of consecutive rounds with their updates, in one batch. They continue the history or write over a part
   * of it; an update that stands there stays where none is given. With `truncate` all that followed from the rounds
   * from the first of them on goes with the same write: decisions, updates and checkpoints.
   */
  saveDecisions(decisions: readonly SavedDecision[], truncate: boolean): Promise<void>;
  /** First and last round of the history; undefined where it is empty. */
  readonly history: { readonly first: number; readonly last: number } | undefined;
  decision(round: number): Promise<Uint8Array | undefined>;
  update(round: number): Promise<Uint8Array | undefined>;
  updateByDigest(digest: Digest): Promise<Uint8Array | undefined>;

  /** Under their digests, in a write of their own. */
  saveContributions(bodies: SavedBodies): Promise<void>;
  contribution(digest: Digest): Promise<Uint8Array | undefined>;

  /** Until it resolves an older checkpoint stays the newest. See `kept-checkpoints.ts` for which others stay. */
  saveCheckpoint(checkpoint: SavedCheckpoint): Promise<void>;
  /** Rounds of the checkpoints, newest first. */
  checkpoints(): Promise<number[]>;
  checkpoint(round: number): Promise<SavedCheckpoint | undefined>;
  /** What a checkpoint holds beside its state. */
  aboutCheckpoint(round: number): Promise<Uint8Array | undefined>;
  /** The state of a checkpoint by its body digest. */
  stateByDigest(digest: Digest): Promise<StoredState | undefined>;

  /** Writes what is pending and gives the lock back. */
  close(): Promise<void>;
}

export type StoreErrorCode =
  | 'damaged' // the bytes are not those that were written
  | 'disk-full'
  | 'failed' // any other fault of the disk, or an earlier failed write
  | 'closed';

export class StoreError extends Error {
  override readonly name = 'StoreError';
  readonly code: StoreErrorCode;

  constructor(code: StoreErrorCode, message: string, cause?: unknown) {
    super(message, { cause });
    this.code = code;
  }
}
