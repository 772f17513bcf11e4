import assert from 'node:assert/strict';
import { runScenario } from '../../simulations/run-seed.ts';
import { KEEP_ALL } from '../../simulations/scenario.ts';
import { scenarioOf } from '../../simulations/traps.ts';

const SEEDS = 60;

describe('simulation', function () {
  this.timeout(240_000);

  it(`plays ${SEEDS} seeds of faults and adversaries: safe, and live after healing`, () => {
    let attempts = 0;
    let convicting = 0;
    for (let seed = 0; seed < SEEDS; seed++) {
      const result = runScenario(scenarioOf(seed));
      assert.deepEqual(result.violations, [], `seed ${seed}: violations`);
      assert.equal(result.stall, undefined, `seed ${seed}: everyone gets on`);
      attempts += result.attemptsOpened > 0 ? 1 : 0;
      convicting += scenarioOf(seed).behaviours.flat().length > 0 ? 1 : 0;
    }
    assert.ok(attempts > 0, 'some seed opens a further attempt');
    assert.ok(convicting > 0, 'some seed has adversaries');
  });

  it('goes on where only one honest member knows why it left a view: all crash, and one disk is lost', () => {
    const { violations, stall } = runScenario(scenarioOf(107_724));
    assert.deepEqual({ violations, stall }, { violations: [], stall: undefined });
  });

  it('finds a view in which everyone is in time where clocks go at different speeds and everyone is needed', () => {
    const { violations, stall } = runScenario(scenarioOf(911_662));
    assert.deepEqual({ violations, stall }, { violations: [], stall: undefined });
  });

  for (const seed of [713_645, 815_034]) {
    it(`comes to an end where adversaries copy each other, in one round or in two at a time: seed ${seed}`, () => {
      const { stall, violations } = runScenario(scenarioOf(seed));
      assert.deepEqual({ stall, violations }, { stall: undefined, violations: [] });
    }).timeout(120_000);
  }

  it('gives equal traces for equal seeds, and others for others', () => {
    const digests = [5, 5, 6].map((seed) => runScenario(scenarioOf(seed)).traceDigest);
    assert.equal(digests[0], digests[1], 'the same seed');
    assert.notEqual(digests[0], digests[2], 'another seed');
  });

  it('without faults decides every round in view 0', () => {
    const calm = Object.fromEntries(
      Object.keys(KEEP_ALL).map((name) => [name, false]),
    ) as unknown as typeof KEEP_ALL;
    for (let seed = 100; seed < 106; seed++) {
      const result = runScenario(scenarioOf(seed, 7, calm));
      assert.deepEqual(
        [result.maxView, result.attemptsOpened, result.steppedBack],
        [0, 0, 0],
        `seed ${seed}`,
      );
      assert.deepEqual(result.violations, [], `seed ${seed}`);
    }
  });
});
