import assert from 'node:assert/strict';
import { runScenario } from '../../simulations/run-seed.ts';
import type { Scenario } from '../../simulations/scenario.ts';
import { scenarioOf, strandTrapOf } from '../../simulations/traps.ts';

const SECONDS = 120;

// What a seed plays changes with the code: each was found with one mend taken out, at that time.
/** Seeds of ten peers that stood still where only members of an attempt's committee told that it is open. */
const UNTOLD = [20, 181, 211];
/** Of seven: a peer that stepped back and crashed stands on a decision that is void; all others play the same round. */
const VOID_AFTER_A_CRASH = 102;

/**
 * Of ten peers, three gone: three abandoned attempt 1 naming a void decision and then adopted attempt 1's; the last one,
 * which abandoned it holding none, needs their words, and so the decision that they name.
 */
const NAMED_A_VOID_DECISION = 702_739;

/** Of nine peers, two gone: half of the rest name attempt 0's decision, half attempt 1's, which have the same value. */
const NAMED_THE_SAME_VALUE = 916_179;

/** Of ten peers that take 0.2 s to step back: one that took the state of an earlier step back for the later's stood still. */
const STEPS_BACK_TWICE = 2_097;

/** An attempt that is opened twice, once without and once with a decision that is held: peers, seed. */
const TWICE_OPENED = [
  [8, 1782],
  [10, 33],
] as const;

/** At the times at which these seeds were found: states change and disks answer at once. */
function trapOf(seed: number, peers: number): Scenario {
  return { ...strandTrapOf(scenarioOf(seed, peers)), changeMs: 0, readMs: 0 };
}

describe('peers that are all needed, after a round that some decided and others gave up', () => {
  for (const seed of UNTOLD) {
    it(`hear of an attempt that is open from whoever is in it: seed ${seed}`, () => {
      const { stall, violations } = runScenario(trapOf(seed, 10));
      assert.deepEqual({ stall, violations }, { stall: undefined, violations: [] });
    }).timeout(SECONDS * 1000);
  }

  for (const [peers, seed] of TWICE_OPENED) {
    it(`show the opening that allows what they are locked on: seed ${seed} of ${peers}`, () => {
      const { stall, violations } = runScenario(trapOf(seed, peers));
      assert.deepEqual({ stall, violations }, { stall: undefined, violations: [] });
    }).timeout(SECONDS * 1000);
  }

  it('wait for the state of the last step back where two are on their way', () => {
    const scenario = strandTrapOf(scenarioOf(STEPS_BACK_TWICE, 10));
    assert.ok(scenario.changeMs > 100, `${scenario.changeMs} ms`);
    const { stall, violations } = runScenario(scenario);
    assert.deepEqual({ stall, violations }, { stall: undefined, violations: [] });
  }).timeout(SECONDS * 1000);

  it('show the decision that a word from before their own decision names', () => {
    const { stall, violations } = runScenario(scenarioOf(NAMED_A_VOID_DECISION));
    assert.deepEqual({ stall, violations }, { stall: undefined, violations: [] });
  }).timeout(SECONDS * 1000);

  it('show the decision that a word names where their own has the same value', () => {
    const { stall, violations } = runScenario(scenarioOf(NAMED_THE_SAME_VALUE));
    assert.deepEqual({ stall, violations }, { stall: undefined, violations: [] });
  }).timeout(SECONDS * 1000);

  it('ask about the rounds before when others play the same round on another state', () => {
    const { stall, violations } = runScenario(trapOf(VOID_AFTER_A_CRASH, 7));
    assert.deepEqual({ stall, violations }, { stall: undefined, violations: [] });
  }).timeout(SECONDS * 1000);
});
