/**
 * Who serves in a round: a cohort of workers and an ordered committee, drawn without replacement from the roster by
 * the beacon's seed. Pure: anyone with the seed and the roster draws the same peers. The roster is sorted first, so
 * its order carries no meaning.
 */
import { assert } from '../foundation/assert.ts';
import { SeededRandom } from '../foundation/seeded-random.ts';
import type { PeerId } from '../crypto/peer-id.ts';

/** The round's workers, in random order; the whole roster where it has no more than `size` peers. */
export function sampleCohort(seed: Uint8Array, roster: readonly PeerId[], size: number): PeerId[] {
  return draw(new SeededRandom(seed, 'synod/cohort'), roster, size);
}

/**
 * The committee of an attempt, in the order of its proposers: member v mod size proposes in view v. An attempt above 0
 * is a fresh draw of twice the size of the attempt before it, up to the whole roster.
 */
export function sampleCommittee(
  seed: Uint8Array,
  attempt: number,
  roster: readonly PeerId[],
  size: number,
): PeerId[] {
  const random = new SeededRandom(seed, 'synod/committee', attempt);
  return draw(random, roster, committeeSizeAt(attempt, size, roster.length));
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

function draw(random: SeededRandom, roster: readonly PeerId[], size: number): PeerId[] {
  assert(Number.isSafeInteger(size) && size >= 0, `sample of ${size}`);
  const sorted = [...roster].sort();
  assert(new Set(sorted).size === sorted.length, 'a peer stands twice in the roster');
  return random.sample(sorted.length, Math.min(size, sorted.length)).map((i) => sorted[i] as PeerId);
}
