/** What a round is given: shared randomness, and what its workers sent. */

export interface RoundContext {
  readonly round: number;
  /** The beacon's 32-byte seed of the round: the only randomness that peers share. */
  readonly seed: Uint8Array;
}

export interface Contribution {
  readonly worker: string;
  readonly body: Uint8Array;
}

export type ContributionFault = 'wrong-length' | 'not-finite' | 'malformed';
