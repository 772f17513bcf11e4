/**
 * What the protocol drives without knowing: the training itself. The Machine decides which bytes count and in which
 * order; an Application turns parameters into a contribution (`Learner`), contributions into an update and an update into
 * the next state (`StateApplication`). The real one trains on worker threads; the simulator uses a quadratic.
 */
import type { Digest } from '../crypto/hash.ts';
import type { RoundContext } from '../crypto/beacon.ts';
import type { DecodeFault } from '../compression/compressor.ts';
import type { Contribution } from '../round/contribution-rows.ts';
import type { HeardRound } from '../round/heard-contributions.ts';
import type { ContributionMeasure } from '../round/contribution-measures.ts';

/** What follows from a list of contributions. */
export interface AggregateResult {
  readonly update: Uint8Array;
  /** Its body digest, which is computed where the update is: a long one would hold up the thread that it goes to. */
  readonly updateDigest: Digest;
  readonly stateDigest: Digest;
  /** For those who look at the run; in the order of the contributions, absent for a skip. */
  readonly measures?: readonly ContributionMeasure[];
}

/** Follows the agreed state: the same input gives the same bytes at everyone. */
export interface StateApplication {
  /** The most bytes that the body of a contribution / an update can have in this experiment. */
  readonly maxContributionBytes: number;
  readonly maxUpdateBytes: number;
  /**
   * Body digest of the canonical bytes (`checkpoint`) of the state that the next round starts from: parameters and
   * everything the estimator shares.
   */
  readonly stateDigest: Digest;
  /** Bytes of the state's canonical encoding, the same for every state of an experiment. */
  readonly stateByteLength: number;

  /** Whether a body decodes within the experiment's limits to finite numbers; undefined means that it does. */
  check(context: RoundContext, contribution: Contribution): Promise<DecodeFault | undefined>;
  /**
   * The update that follows from exactly these contributions (sorted by worker id, each already checked) and the
   * digest of the state after it. Changes nothing. An empty list gives the skip update.
   */
  aggregate(context: RoundContext, contributions: readonly Contribution[]): Promise<AggregateResult>;
  /** Applies an update and returns the digest of the new state; keeps the state before it for one step back. */
  apply(context: RoundContext, update: Uint8Array): Promise<Digest>;
  /** Returns to the state before the last applied update (a lower attempt's certificate won). */
  stepBack(): Promise<Digest>;

  /** The whole state as bytes, for a checkpoint; and back. `restore` throws where the bytes are malformed. */
  checkpoint(): Promise<Uint8Array>;
  restore(bytes: Uint8Array): Promise<Digest>;
}

/** Learns: makes this peer's own contributions, which no other peer can make again. */
export interface Learner {
  /** This peer's contribution to the round, compressed. Called once per round; may be called again after a restart. */
  train(context: RoundContext, signal: AbortSignal): Promise<Uint8Array>;
  /** Of an adversary that listens: what was heard of the round that it was asked to contribute to. */
  overhear?(context: RoundContext, heard: HeardRound): Promise<void>;
  /** Mean loss of the examples that the last `train` used, before anything of it was falsified; NaN before the first. */
  readonly trainingLoss?: number;
}

export interface Application extends StateApplication, Learner {}
