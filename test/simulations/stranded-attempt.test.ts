import assert from 'node:assert/strict';
import { SeededRandom } from '../../src/foundation/seeded-random.ts';
import { pickGroupCrashes } from '../../simulations/crashes.ts';
import { runScenario } from '../../simulations/run-seed.ts';
import { scenarioOf, type Scenario } from '../../simulations/scenario.ts';

const PEERS = 10;
const HEAL_MS = 6000;

/**
 * Three of ten are gone for good, so all others are needed. Decisions hardly arrive and nobody answers questions until
 * the network heals, and then all crash at once: some have decided a round that others gave up with empty hands.
 */
function scarceDecisions(seed: number): Scenario {
  const base = scenarioOf(seed, PEERS);
  const random = new SeededRandom(seed, 'held');
  const lossByKind = {
    decision: 0.93,
    request: 1,
    precommit: 0.6,
    prevote: 0.4,
    opening: 0.3,
    proposal: 0.3,
  };
  return {
    ...base,
    config: { ...base.config, committeeSize: 4, maxViews: 1, inactivityCohorts: 0, minContributions: 1 },
    behaviours: base.behaviours.map(() => []),
    slowness: base.peers.map(() => 1),
    gone: random.sample(PEERS, 3),
    cuts: [],
    stranger: [],
    healMs: HEAL_MS,
    crashes: pickGroupCrashes(random, PEERS, HEAL_MS, 'all'),
    links: { latency: 'uniform', meanDelayMs: 20, loss: 0, duplication: 0, lossByKind },
  };
}

describe('a peer stranded in an attempt that the others do not know', () => {
  // these three stood still where only members of the attempt's committee told of it
  for (const seed of [70, 118, 133]) {
    it(`tells them that it is open, and the run goes on: seed ${seed}`, () => {
      const { stall, violations } = runScenario(scarceDecisions(seed));
      assert.deepEqual({ stall, violations }, { stall: undefined, violations: [] });
    }).timeout(120_000);
  }
});
