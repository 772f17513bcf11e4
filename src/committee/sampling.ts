/**
 * Who serves in a round: a cohort of workers and an ordered committee, drawn without replacement by the beacon's seed.
 * Each peer has a score, a hash of the seed, the purpose and its id, and the least scores serve, in their order. Pure:
 * anyone with the seed and the ids draws the same peers, whatever the order in which the ids stand. A score depends on
 * nobody else, so a peer that comes or goes moves one seat at most, and leaves the order of the others alone.
 */
import { assert } from '../foundation/assert.ts';
import { digestOf } from '../crypto/hash.ts';
import type { PeerId } from '../crypto/peer-id.ts';

/** The round's workers, in random order; all peers where there are no more than `size`. */
export function sampleCohort(seed: Uint8Array, peers: readonly PeerId[], size: number): PeerId[] {
  return leastScores(seed, 'synod/cohort', 0, peers, size);
}

/**
 * The committee of an attempt, in the order of its proposers: member v mod size proposes in view v. An attempt above 0
 * is a fresh draw of twice the size of the attempt before it, up to all peers.
 */
export function sampleCommittee(
  seed: Uint8Array,
  attempt: number,
  peers: readonly PeerId[],
  size: number,
): PeerId[] {
  return leastScores(seed, 'synod/committee', attempt, peers, committeeSizeAt(attempt, size, peers.length));
}

/** Members of the committee of an attempt: size 2^attempt, at most the roster. */
export function committeeSizeAt(attempt: number, size: number, rosterSize: number): number {
  assert(Number.isSafeInteger(attempt) && attempt >= 0, `attempt ${attempt}`);
  return Math.min(rosterSize, attempt > 31 ? rosterSize : size * 2 ** attempt);
}

/** The least attempt whose committee is the whole roster. */
export function lastAttempt(size: number, rosterSize: number): number {
  assert(size > 0, `committee of ${size}`);
  let attempt = 0;
  while (committeeSizeAt(attempt, size, rosterSize) < rosterSize) attempt += 1;
  return attempt;
}

export function proposerOf(committee: readonly PeerId[], view: number): PeerId {
  const proposer = committee[view % committee.length];
  assert(proposer !== undefined, `no proposer for view ${view} of ${committee.length} members`);
  return proposer;
}

/** More than two thirds: two quorums share a member outside any third. */
export function quorumOf(size: number): number {
  return Math.floor((2 * size) / 3) + 1;
}

/** The most Byzantine members under which a committee is safe and live: the largest f with 3 f < size. */
export function toleranceOf(size: number): number {
  return Math.floor((size - 1) / 3);
}

/** The `size` peers with the least scores, in ascending order. */
function leastScores(
  seed: Uint8Array,
  purpose: string,
  attempt: number,
  peers: readonly PeerId[],
  size: number,
): PeerId[] {
  assert(Number.isSafeInteger(size) && size >= 0, `sample of ${size}`);
  assert(new Set(peers).size === peers.length, 'a peer stands twice among those that are drawn from');
  const scored = peers.map((peer) => ({ peer, score: digestOf(purpose, seed, attempt, peer) }));
  // equal scores of two ids would be a collision of SHA-256
  scored.sort((a, b) => (a.score < b.score ? -1 : 1));
  return scored.slice(0, size).map(({ peer }) => peer);
}
