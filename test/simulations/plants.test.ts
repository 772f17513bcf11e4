import assert from 'node:assert/strict';
import type { Behaviour } from '../../simulations/behaviours.ts';
import { PLANTS, quorumOfHalf } from '../../simulations/plants.ts';
import { runScenario, type Plant, type SeedResult } from '../../simulations/run-seed.ts';
import { STRANGER_HABITS, type StrangerHabit } from '../../simulations/stranger.ts';
import { KEEP_ALL, type Keep, type Scenario } from '../../simulations/scenario.ts';
import { lockTrapOf, scenarioOf, seatTrapOf, strandTrapOf } from '../../simulations/traps.ts';

/** Plays scenarios until a checker objects; its sentence, or undefined after `most` scenarios. */
function firstViolation(
  plant: Plant,
  scenarios: (seed: number) => Scenario,
  most: number,
): string | undefined {
  for (let seed = 0; seed < most; seed++) {
    const [violation] = runScenario(scenarios(seed), plant).violations;
    if (violation !== undefined) return violation;
  }
  return undefined;
}

const CALM = Object.fromEntries(Object.keys(KEEP_ALL).map((part) => [part, false])) as unknown as Keep;
const trap = (seed: number): Scenario => lockTrapOf(scenarioOf(seed, 4));

/** A scenario in which every adversary does this one thing. */
function only(kind: Behaviour): (seed: number) => Scenario {
  return (seed) => {
    const scenario = scenarioOf(seed);
    return {
      ...scenario,
      behaviours: scenario.behaviours.map((kinds) => (kinds.length === 0 ? [] : [kind])),
    };
  };
}

describe('planted faults', function () {
  this.timeout(60_000);

  it('no lock: two values are certified', () => {
    const violation = firstViolation(PLANTS['no lock'], trap, 400);
    assert.match(violation ?? 'nothing', /certified for|saw two values|adopted|ends on/, 'a fork is seen');
  });

  it('the same scenarios without the fault: nothing', () => {
    assert.equal(firstViolation({}, trap, 40), undefined, 'the lock holds');
  });

  it('a quorum of one half: two values are certified', () => {
    const violation = firstViolation(PLANTS['quorum of one half'], (seed) => scenarioOf(seed), 400);
    assert.match(violation ?? 'nothing', /certified for|saw two values|adopted|ends on/, 'a fork is seen');
  });

  it('a quorum of one half at one place alone: what is decided by it is refused by the others, and the run stands still', () => {
    const places = [
      ['prevotes', scenarioOf],
      ['precommits', scenarioOf],
      ['abandonments', (seed: number) => strandTrapOf(scenarioOf(seed))],
    ] as const;
    for (const [use, scenarios] of places) {
      const stalled = [0, 1, 2, 3, 4].find(
        (seed) => runScenario(scenarios(seed), { rules: quorumOfHalf(use) }).stall !== undefined,
      );
      assert.ok(stalled !== undefined, `${use}: one of five seeds`);
      const { violations, stall } = runScenario(scenarios(stalled));
      assert.deepEqual([...violations, stall], [undefined], `${use}: seed ${stalled} without the fault`);
    }
  });

  it('a vote that is not persisted: an honest peer signs twice', () => {
    const violation = firstViolation(PLANTS['vote not persisted'], (seed) => scenarioOf(seed), 200);
    assert.match(violation ?? 'nothing', /honest/, 'evidence against an honest peer');
  });

  it("a stranger's word is believed: it costs honest peers their rounds", () => {
    /** Rounds in a second of virtual time. */
    const pace = (stranger: readonly StrangerHabit[], plant: Plant = {}): number => {
      const results = [1, 2, 3, 4].map((seed) =>
        runScenario({ ...scenarioOf(seed, 4, CALM), stranger }, plant),
      );
      for (const { violations, stall } of results) assert.deepEqual([...violations, stall], [undefined]);
      const sum = (of: (result: SeedResult) => number): number =>
        results.reduce((all, result) => all + of(result), 0);
      return sum(({ rounds }) => rounds) / sum(({ virtualMs }) => virtualMs / 1000);
    };
    const calm = pace([]);
    const planted = pace(['future-decisions'], PLANTS['strangers believed']);
    assert.ok(planted < 0.7 * calm, `where it is believed: ${planted.toFixed(2)} of ${calm.toFixed(2)}`);
    for (const habits of [...STRANGER_HABITS.map((habit) => [habit]), STRANGER_HABITS]) {
      const kept = pace(habits);
      assert.ok(
        kept >= 0.9 * calm,
        `${habits.join()}: ${kept.toFixed(2)} of ${calm.toFixed(2)} rounds a second`,
      );
    }
  });

  it('changes that count in the next draw: an adversary serves whom it seated knowing the seed', () => {
    const seats = (seed: number): Scenario => seatTrapOf(scenarioOf(seed, 8 + (seed % 3)));
    const violation = firstViolation(PLANTS['changes drawn at once'], seats, 40);
    assert.match(violation ?? 'nothing', /had no seat \d+ rounds before/, 'the draw is checked');
    for (let seed = 0; seed < 8; seed++) {
      const { violations, stall } = runScenario(seats(seed));
      assert.deepEqual([...violations, stall], [undefined], `seed ${seed} without the fault`);
    }
  });

  it('a beacon proof that nobody checks: a seed that its proposer chose', () => {
    const violation = firstViolation(PLANTS['beacon ignored'], only('false-beacon'), 100);
    assert.match(
      violation ?? 'nothing',
      /beacon proof|played with seed/,
      'the independent check of the beacon',
    );
  });

  it('an update that is not computed again from its list: everyone crashes, and the run stands still', () => {
    const everyoneAtOnce = ({ crashes, peers: { length } }: Scenario): boolean =>
      crashes.some(({ peers, fuse }) => peers.length === length && fuse.kind === 'step');
    let found: Scenario | undefined;
    for (let seed = 0; seed < 2000 && found === undefined; seed++) {
      const scenario = scenarioOf(seed);
      if (!everyoneAtOnce(scenario)) continue;
      const { stall } = runScenario(scenario, PLANTS['update not computed again']);
      if (stall !== undefined) found = scenario;
    }
    assert.ok(found, 'of 2,000 seeds one stalls');
    assert.equal(
      runScenario(found).stall,
      undefined,
      `seed ${found.seed} without the fault: everyone gets on`,
    );
  });

  it('evidence that nobody checks: an honest peer is convicted', () => {
    const violation = firstViolation(PLANTS['evidence not checked'], only('false-evidence'), 100);
    assert.match(violation ?? 'nothing', /honest/, 'a false accusation succeeds');
  });
});
