/**
 * The consensus state that every honest peer holds after the same decisions: the round to be played, the anchor that
 * covers the application's digest, the roster and the seeds. Small: the model stays behind the application's digest.
 */
import { sampleCohort, sampleCommittee, lastAttempt } from '../../committee/sampling.ts';
import { digestOf, type Digest } from '../../crypto/hash.ts';
import type { PeerId } from '../../crypto/peer-id.ts';
import type { UnverifiedDecision } from '../../messages/decision.ts';
import type { ProtocolConfig } from '../config.ts';
import { drawableAt, genesisRoster, heardOf, nextRoster, rosterDigest, type Roster } from './roster.ts';

export type { PendingDraw, Roster, Seat } from './roster.ts';

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
    roster: nextRoster(config, chain.roster, chain.round, cohortOf(config, chain), contributors, changes),
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

/** The round's workers, in random order: those that are drawn, without convicts. */
export function cohortOf(config: ProtocolConfig, chain: Chain): readonly PeerId[] {
  let cohort = cohorts.get(chain);
  if (cohort === undefined) {
    cohorts.set(chain, (cohort = drawCohort(config, chain)));
  }
  return cohort;
}

/** `cohortOf` where the rest of the chain's state is not known. */
export function drawCohort(
  config: ProtocolConfig,
  { round, seed, roster }: Pick<Chain, 'round' | 'seed' | 'roster'>,
): readonly PeerId[] {
  return heardOf(roster, sampleCohort(seed, roster.drawable, config.cohortSizeAt(seed, round)));
}

/**
 * An attempt's members, proposers in order. Convicts are drawn like others, so that nobody can redraw a committee by
 * incriminating itself, and do not serve: no view is theirs, and a quorum is one of the others. That is safe, since what
 * is taken out of the committee is faulty: with 3 b < k, also 3 (b - c) < k - c. Empty where only convicts were drawn.
 */
export function committeeOf(config: ProtocolConfig, chain: Chain, attempt: number): readonly PeerId[] {
  let known = committees.get(chain);
  if (known === undefined) committees.set(chain, (known = []));
  let committee = known[attempt];
  if (committee === undefined) {
    const { previousSeed, roster } = chain;
    const drawn = sampleCommittee(previousSeed, attempt, roster.drawable, config.committeeSize);
    known[attempt] = committee = heardOf(roster, drawn);
  }
  return committee;
}

/** The members that the next round will have, but for those that this round convicts. */
export function expectedCommittee(config: ProtocolConfig, chain: Chain): readonly PeerId[] {
  return sampleCommittee(chain.seed, 0, drawableAt(chain.roster, chain.round + 1), config.committeeSize);
}

/** Whether the attempt draws everyone: there is no larger committee to turn to. */
export function isLastAttempt(config: ProtocolConfig, chain: Chain, attempt: number): boolean {
  return attempt >= lastAttempt(config.committeeSize, chain.roster.drawable.length);
}
