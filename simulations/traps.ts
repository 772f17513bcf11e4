/** Scenarios that are hard in one way, which a mix of all troubles would seldom meet. */
import { toleranceOf } from '../src/committee/sampling.ts';
import { SeededRandom } from '../src/foundation/seeded-random.ts';
import type { Behaviour } from './behaviours.ts';
import { pickGroupCrashes } from './crashes.ts';
import { KEEP_ALL, LOSSLESS, mixOf, spareNames, type Keep, type Scenario } from './scenario.ts';

const TRAP_EVERY = 10;
const SMALLEST_SEAT_TRAP = 8;
const SMALLEST_STRAND_TRAP = 7;

/** What a seed stands for. */
export function scenarioOf(seed: number, peerCount?: number, keep: Keep = KEEP_ALL): Scenario {
  const scenario = mixOf(seed, peerCount, keep);
  const { length } = scenario.peers;
  const turn = seed % TRAP_EVERY;
  if (turn === 7 && length < SMALLEST_SEAT_TRAP) return lockTrapOf(scenario, keep);
  if (turn === 3 && length >= SMALLEST_SEAT_TRAP) return seatTrapOf(scenario, keep);
  if (turn === 9 && length >= SMALLEST_STRAND_TRAP) return strandTrapOf(scenario, keep);
  return scenario;
}

/**
 * The hardest case for agreement: precommits get lost, decisions and questions about them do not arrive, and one
 * member proposes two values and votes for whatever comes. Without the lock, this forks.
 */
export function lockTrapOf(scenario: Scenario, keep: Keep = KEEP_ALL): Scenario {
  const { config, peers } = scenario;
  const trap: readonly Behaviour[] = ['equivocate-proposals', 'vote-without-lock'];
  const trapper = toleranceOf(peers.length) > 0 && keep.adversaries ? peers.length - 1 : -1;
  const lossByKind = { prevote: 0.3, precommit: 0.5, decision: 1, request: 1 };
  return {
    ...scenario,
    config: { ...config, committeeSize: peers.length, inactivityCohorts: 0 },
    behaviours: peers.map((_, i) => (i === trapper ? trap : [])),
    links: keep.links
      ? { latency: 'uniform', meanDelayMs: 20, loss: 0, duplication: 0, lossByKind }
      : LOSSLESS,
    cuts: [],
    crashes: [],
    stranger: [],
    gone: [],
    healMs: 8000,
  };
}

/**
 * Seats that come and go as an adversary wishes: it has identities to spare, lists their joins and leaves and its own
 * whenever it proposes, in a run long enough for the draws to follow. A committee that is drawn with what its author
 * knew when it listed them is the adversary's. Eight peers or more.
 */
export function seatTrapOf(scenario: Scenario, keep: Keep = KEEP_ALL): Scenario {
  const { config, peers } = scenario;
  const [committeeSize, adversary] = [7, keep.adversaries ? peers.length - 1 : -1];
  return {
    ...scenario,
    config: { ...config, committeeSize, admission: { policy: 'open' }, inactivityCohorts: 0 },
    behaviours: peers.map((_, i) => (i === adversary ? ['seat-changes'] : [])),
    spare: spareNames(toleranceOf(committeeSize) - 1),
    crashes: [],
    gone: [],
    healMs: 12_000,
  };
}

/**
 * Rounds that some have decided and others abandoned holding no decision: decisions hardly arrive and nobody answers
 * questions until the network heals, and then all crash at once. As many as the roster tolerates are gone for good, so
 * that everyone else is needed to get on: a committee of four may have nobody left in it. Seven peers or more.
 */
export function strandTrapOf(scenario: Scenario, keep: Keep = KEEP_ALL): Scenario {
  const { config, peers, seed } = scenario;
  const random = new SeededRandom(seed, 'strand-trap');
  const healMs = 6000;
  const gone = random.sample(peers.length, toleranceOf(peers.length));
  const crashes = pickGroupCrashes(random, peers.length, healMs, 'all');
  const lossByKind = {
    decision: 0.93,
    request: 1,
    precommit: 0.6,
    prevote: 0.4,
    opening: 0.3,
    proposal: 0.3,
  };
  return {
    ...scenario,
    config: { ...config, committeeSize: 4, maxViews: 1, inactivityCohorts: 0, minContributions: 1 },
    behaviours: peers.map(() => []),
    spare: [],
    links: keep.links
      ? { latency: 'uniform', meanDelayMs: 20, loss: 0, duplication: 0, lossByKind }
      : LOSSLESS,
    cuts: [],
    crashes: keep.crashes ? crashes : [],
    gone: keep.crashes ? gone : [],
    slowness: peers.map(() => 1),
    starved: [],
    stranger: [],
    healMs,
  };
}
