/** The named limits of what is kept in order to answer questions, and what an answer from the disk costs. */
import type { ProtocolConfig } from '../protocol/config.ts';
import type { CacheLimits } from './body-cache.ts';

/** Bodies at hand: a few rounds of everyone's contributions where those are small. */
export const LEAST_CACHE_BYTES = 64 << 20;
/** Of small ones: what a few hundred rounds of a few peers, or one round of a thousand, come to. */
const LEAST_CACHE_BODIES = 1_024;
/** A contribution's body of at most so many bytes is sent to the committee unasked. */
export const MAX_PUSHED_BODY_BYTES = 256 << 10;
/** Bodies of at most so many bytes, together, are written with the memory that needs them; larger ones before it. */
export const MAX_HELD_FOR_MEMORY_BYTES = 256 << 10;
/** Of one sender: what it pushed for this round, and for the next where it is ahead. */
export const MAX_PUSHED_PER_PEER = 2;
export const MAX_HELD_PUSHED_BYTES = 32 << 20;
/** How long a pushed body is waited for, once its header is here, before it is pulled. */
export const PULL_AFTER_MS = 150;

/** How many are asked for a contribution at most, were all seats taken: some estimators ask everybody in the first round. */
function widestCohort(config: ProtocolConfig): number {
  return Math.max(...[0, 1].map((round) => config.cohortSizeAt(config.genesis.seed, round)));
}

/**
 * The bodies of one round: what its cohort sends, its update, and the one before. All of them must be at hand at once.
 * `seats` may be fewer than a cohort is meant to have.
 */
export function roundBodyBytes(config: ProtocolConfig, seats: number, cohort = widestCohort(config)): number {
  return Math.min(cohort, seats) * config.maxContributionBytes + 2 * config.maxUpdateBytes;
}

/** At least all bodies of two rounds in which everyone with a seat takes part. */
export function cachedBodies(seats: number): number {
  return Math.max(LEAST_CACHE_BODIES, 2 * (seats + 1));
}

/** What the cache of bodies may hold while so many have seats. */
export function cacheLimits(config: ProtocolConfig): (seats: number) => CacheLimits {
  const cohort = widestCohort(config);
  return (seats) => ({
    bytes: Math.max(LEAST_CACHE_BYTES, roundBodyBytes(config, seats, cohort)),
    bodies: cachedBodies(seats),
  });
}

/** Encoded decisions: 8 answers. */
export const MAX_CACHED_DECISIONS = 256;

const READ_BYTES = 65_536;

/** How many reads a record of so many bytes counts as. */
export function readsOf(byteLength: number): number {
  return 1 + Math.floor(byteLength / READ_BYTES);
}
