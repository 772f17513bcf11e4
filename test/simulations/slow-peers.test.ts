import assert from 'node:assert/strict';
import { CalmNetwork, namesOf, USUAL_TIMING } from '../../simulations/calm-network.ts';
import { present } from '../../src/foundation/assert.ts';

const WORK_MS = 200;

interface Slow {
  readonly gradientMs: number;
  /** What each message costs it. */
  readonly copyMs?: number;
}

/** Milliseconds a round, the mean of so many after the first ten, at a quick peer; how many of them each slow one is in. */
function play(
  count: number,
  slow: readonly Slow[],
  rounds: number,
  timing: Partial<typeof USUAL_TIMING> = {},
): { meanMs: number; counted: number[] } {
  const names = namesOf(count);
  const config = {
    timing: { ...USUAL_TIMING, ...timing },
    minContributions: 3,
    committeeSize: Math.min(7, count),
    maxViews: 6,
  };
  const run = new CalmNetwork(names, config, names, WORK_MS);
  const quick = count - slow.length;
  names.forEach((name, i) => run.add(name, undefined, slow[i - quick]?.gradientMs));
  slow.forEach(
    ({ copyMs = 0 }, i) => (present(run.network.processors[quick + i], 'processor').costMs = copyMs),
  );
  run.start();
  const quickPeers = run.peers.slice(0, quick);
  for (let goal = 10; goal <= 10 + rounds; goal += 10)
    assert.ok(run.reach(goal, quickPeers), `the quick ones reach round ${goal}`);
  const at = present(run.decidedAt.get(present(run.peers[0], 'peer')), 'times');
  const meanMs = ((at.get(9 + rounds) ?? NaN) - (at.get(9) ?? NaN)) / rounds;
  const counted = names
    .slice(quick)
    .map(
      (name) =>
        [...run.contributors].filter(([round, who]) => round > 9 && round < 10 + rounds && who.includes(name))
          .length,
    );
  assert.deepEqual(run.checkers.violations, [], 'one value a round');
  return { meanMs, counted };
}

describe('slow peers', function () {
  this.timeout(60_000);

  it('count now and then, and cost at most as much again as a round takes without them', () => {
    const { meanMs: without } = play(5, [], 40);
    for (const [count, slow] of [
      [5, [3000]],
      [10, [3000, 3000, 3000]],
    ] as const) {
      const { meanMs, counted } = play(
        count,
        slow.map((gradientMs) => ({ gradientMs })),
        160,
      );
      const said = `${slow.length} of ${count}: ${meanMs.toFixed(0)} ms beside ${without.toFixed(0)}, in ${counted.join()} of 160`;
      assert.ok(meanMs < 2 * without, said);
      assert.ok(
        counted.every((rounds) => rounds >= 5),
        said,
      );
    }
  });

  it('that take two or three times as long are in every round, or every second', () => {
    const { counted } = play(10, [{ gradientMs: 300 }, { gradientMs: 700 }], 40);
    const [little = 0, more = 0] = counted;
    assert.ok(little >= 36, `${little} of 40 rounds`);
    assert.ok(more >= 12, `${more} of 40 rounds`);
  });

  it('of which many are as late as they can be, each in its own way, cannot set the pace', () => {
    const { meanMs: without } = play(10, [], 40);
    const late = [400, 1000, 2500, 6000].map((gradientMs) => ({ gradientMs }));
    const { meanMs } = play(10, late, 160);
    assert.ok(meanMs < 4 * without, `${meanMs.toFixed(0)} ms beside ${without.toFixed(0)}`);
  });

  it('are in every round where the experiment says that they are waited for so long', () => {
    const { counted } = play(5, [{ gradientMs: 2000 }], 20, { collectMinMs: 4000 });
    assert.deepEqual(counted, [20]);
  });

  it('that have hardly a processor do not hold up the others', () => {
    const { meanMs: without } = play(10, [], 40);
    const starved = { gradientMs: 4000, copyMs: 100 };
    const { meanMs } = play(10, [starved, starved, starved], 100);
    assert.ok(meanMs < 3 * without, `${meanMs.toFixed(0)} ms beside ${without.toFixed(0)}`);
  });
});
