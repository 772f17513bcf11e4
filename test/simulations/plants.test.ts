import assert from 'node:assert/strict';
import { PLANTS } from '../../simulations/plants.ts';
import { runScenario, type Plant } from '../../simulations/run-seed.ts';
import { lockTrapOf, scenarioOf, type Scenario } from '../../simulations/scenario.ts';

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

const trap = (seed: number): Scenario => lockTrapOf(scenarioOf(seed, 4));

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

  it('a vote that is not persisted: an honest peer signs twice', () => {
    const violation = firstViolation(PLANTS['vote not persisted'], (seed) => scenarioOf(seed), 200);
    assert.match(violation ?? 'nothing', /honest/, 'evidence against an honest peer');
  });

  it('a beacon proof that nobody checks: a seed that its proposer chose', () => {
    const violation = firstViolation(PLANTS['beacon ignored'], (seed) => scenarioOf(seed), 400);
    assert.match(
      violation ?? 'nothing',
      /beacon proof|played with seed/,
      'the independent check of the beacon',
    );
  });

  it('evidence that nobody checks: an honest peer is convicted', () => {
    const violation = firstViolation(PLANTS['evidence not checked'], (seed) => scenarioOf(seed), 400);
    assert.match(violation ?? 'nothing', /honest/, 'a false accusation succeeds');
  });
});
