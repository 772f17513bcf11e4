/** What all peers of an experiment share of the protocol. Its source is the experiment file; its digest names it. */
import type { Digest } from '../crypto/hash.ts';
import type { PeerId } from '../crypto/peer-id.ts';

export type Admission =
  | { readonly policy: 'genesis' }
  /** Keys that the owner has signed (`permitBytes`). */
  | { readonly policy: 'allow-list'; readonly owner: PeerId }
  /** Anyone: not Sybil-resistant. */
  | { readonly policy: 'open' };

export interface Timing {
  /** The longest that a committee waits for contributions before the first proposal. */
  readonly collectMs: number;
  /** The shortest, unless the whole cohort is in: what those are given that nobody counts on. At most `collectMs`. */
  readonly collectMinMs: number;
  /** From a view's start (in view 0: from the end of collecting) to a prevote for nil; covers fetching and aggregating. */
  readonly proposeMs: number;
  readonly prevoteMs: number;
  readonly precommitMs: number;
  /** What each later view adds to each of the three. */
  readonly growthMs: number;
  /** How often own statements are sent again while a round is undecided. */
  readonly rebroadcastMs: number;
  /** How long a round may go without news before decisions are asked of another peer. */
  readonly catchUpMs: number;
}

export interface ProtocolConfig {
  /** The experiment's digest; stands in everything that is signed. */
  readonly experiment: Digest;
  readonly genesis: {
    readonly peers: readonly PeerId[];
    /** The beacon's seed of round 0, 32 bytes. */
    readonly seed: Uint8Array;
    readonly applicationDigest: Digest;
  };
  /** Rounds 0 .. rounds - 1 are played. */
  readonly rounds: number;
  /** Workers in a round; estimators may want everyone in some rounds. Pure. At least the roster means everyone. */
  cohortSizeAt(seed: Uint8Array, round: number): number;
  /** Members of attempt 0; each further attempt has twice as many, up to the whole roster. */
  readonly committeeSize: number;
  readonly timing: Timing;
  /** Views after which a peer abandons an attempt whose committee is not the whole roster. */
  readonly maxViews: number;
  /** The share of the contributions that a member had in time which a proposal may leave out, in 0 .. 1. */
  readonly maxOmissionShare: number;
  /** A value with fewer contributions gives the skip update. */
  readonly minContributions: number;
  /** Consecutive cohorts that a worker may miss before it loses its seat; 0 switches this off. */
  readonly inactivityCohorts: number;
  /** Seats below which none is lost by absence. */
  readonly minSeats: number;
  /** A roster change of round r is drawn with from round r + this on (`CHANGE_DELAY_ROUNDS`). */
  readonly changeDelayRounds: number;
  readonly admission: Admission;
  /** Seats in the roster. */
  readonly maxPeers: number;
  /** A checkpoint is taken after every round whose number + 1 is a multiple of this. */
  readonly checkpointRounds: number;
  readonly maxContributionBytes: number;
  readonly maxUpdateBytes: number;
  /** Of a state's canonical bytes. */
  readonly stateBytes: number;
  /** Bodies up to this size travel inside their message. */
  readonly inlineBytes: number;
}
