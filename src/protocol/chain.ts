/**
 * The consensus state that every honest peer holds after the same decisions: the round to be played, the anchor that
 * covers the application's digest, the roster and the seeds. Small: the model stays behind the application's digest.
 */
import { sampleCohort, sampleCommittee, lastAttempt } from '../committee/sampling.ts';
import { digestOf, type Digest } from '../crypto/hash.ts';
import type { PeerId } from '../crypto/peer-id.ts';
import type { UnverifiedDecision } from '../messages/decision.ts';
import type { ProtocolConfig } from './config.ts';
import { genesisRoster, nextRoster, peersIn, rosterDigest } from './roster.ts';

export interface Seat {
  readonly peer: PeerId;
  /** Cohorts in a row that the peer was drawn into without contributing. */
  readonly missedCohorts: number;
}

export interface Roster {
  /** Who may be sampled, sorted by peer id. */
  readonly seats: readonly Seat[];
  /** Convicted peers, sorted; they never come back. */
  readonly excluded: readonly PeerId[];
}

export interface Chain {
  /** The round that is to be decided next; 0 at genesis. */
  readonly round: number;
  /** Digest over everything below and the round: what statements of this round are signed on. */
  readonly anchor: Digest;
  readonly applicationDigest: Digest;
  readonly roster: Roster;
  /** The beacon's seed of `round`: draws the cohort. */
  readonly seed: Uint8Array;
  /** The seed of the round before (at genesis: the same): draws the committee, which so is known one round ahead. */
  readonly previousSeed: Uint8Array;
}

export function genesisChain(config: ProtocolConfig): Chain {
  const { peers, seed, applicationDigest } = config.genesis;
  return sealChain(config, {
    round: 0,
    applicationDigest,
    roster: genesisRoster(peers),
    seed,
    previousSeed: seed,
  });
}

/** The chain after a decision that was found valid, whose author's random output gave `nextSeed`. */
export function extendChain(
  config: ProtocolConfig,
  chain: Chain,
  decision: Pick<UnverifiedDecision, 'value' | 'outcome'>,
  nextSeed: Uint8Array,
): Chain {
  const { contributions, changes } = decision.value;
  const contributors = new Set(contributions.map(({ worker }) => worker));
  return sealChain(config, {
    round: chain.round + 1,
    applicationDigest: decision.outcome.applicationDigest,
    roster: nextRoster(config, chain.roster, cohortOf(config, chain), contributors, changes),
    seed: nextSeed,
    previousSeed: chain.seed,
  });
}

/** The chain with its anchor; also how a stored or received one is checked. */
function sealChain(config: ProtocolConfig, parts: Omit<Chain, 'anchor'>): Chain {
  const { round, applicationDigest, roster, seed, previousSeed } = parts;
  const anchor = digestOf(
    'synod/anchor',
    config.experiment,
    round,
    applicationDigest,
    rosterDigest(roster),
    seed,
    previousSeed,
  );
  return { round, anchor, applicationDigest, roster, seed, previousSeed };
}

const cohorts = new WeakMap<Chain, readonly PeerId[]>();
const committees = new WeakMap<Chain, (readonly PeerId[])[]>();

/** The round's workers, in random order. */
export function cohortOf(config: ProtocolConfig, chain: Chain): readonly PeerId[] {
  let cohort = cohorts.get(chain);
  if (cohort === undefined) {
    const size = config.cohortSizeAt(chain.seed, chain.round);
    cohorts.set(chain, (cohort = sampleCohort(chain.seed, peersIn(chain.roster), size)));
  }
  return cohort;
}

/** An attempt's members, proposers in order. */
export function committeeOf(config: ProtocolConfig, chain: Chain, attempt: number): readonly PeerId[] {
  let known = committees.get(chain);
  if (known === undefined) committees.set(chain, (known = []));
  return (known[attempt] ??= sampleCommittee(
    chain.previousSeed,
    attempt,
    peersIn(chain.roster),
    config.committeeSize,
  ));
}

/** The members that the next round will have, as far as this round leaves the roster alone. */
export function expectedCommittee(config: ProtocolConfig, chain: Chain): readonly PeerId[] {
  return sampleCommittee(chain.seed, 0, peersIn(chain.roster), config.committeeSize);
}

/** Whether the attempt's committee is the whole roster: there is no larger one to turn to. */
export function isLastAttempt(config: ProtocolConfig, chain: Chain, attempt: number): boolean {
  return attempt >= lastAttempt(config.committeeSize, chain.roster.seats.length);
}
