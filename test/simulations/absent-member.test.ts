import assert from 'node:assert/strict';
import { CalmNetwork, namesOf, USUAL_TIMING } from '../../simulations/calm-network.ts';
import type { SimulatedPeer } from '../../simulations/simulated-peer.ts';

/** Virtual milliseconds of each round from one to before another, at a peer. */
function lengths(run: CalmNetwork, peer: SimulatedPeer, from: number, to: number): number[] {
  const at = (round: number): number => run.decidedAt.get(peer)?.get(round) ?? NaN;
  return Array.from({ length: to - from }, (_, i) => at(from + i) - at(from + i - 1));
}

const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;

function five(workMs = 600): { readonly run: CalmNetwork; readonly names: readonly string[] } {
  const names = namesOf(5);
  const run = new CalmNetwork(
    names,
    { timing: USUAL_TIMING, minContributions: 3, rounds: 100_000 },
    names,
    workMs,
  );
  for (const name of names) run.add(name);
  run.start();
  return { run, names };
}

describe('an absent member', function () {
  this.timeout(30_000);

  it('costs two rounds at most, then less than 1.3 times as much, and counts in the next cohort when it is back', () => {
    const { run, names } = five();
    const [watcher] = run.peers;
    const dying = run.peers[3] as SimulatedPeer;
    assert.ok(watcher && run.reach(12), 'twelve rounds');
    const before = mean(lengths(run, watcher, 2, 12));
    dying.crash(true);
    const others = run.peers.filter((peer) => peer !== dying);
    const died = watcher.round;
    assert.ok(run.reach(died + 42, others), 'the others go on');
    const after = lengths(run, watcher, died + 3, died + 42);
    assert.ok(
      mean(after) < 1.3 * before,
      `${before.toFixed(0)} ms a round before, ${mean(after).toFixed(0)} after: ${after.map(Math.round).join()}`,
    );
    const slow = lengths(run, watcher, died, died + 3).filter((ms) => ms > 1.3 * before);
    assert.ok(slow.length <= 3, 'the round that it died in and two more');
    dying.start();
    const back = watcher.round;
    assert.ok(run.reach(back + 8), 'it is back');
    const counted = [...run.contributors].flatMap(([round, who]) =>
      round >= back && who.includes(names[3] as string) ? [round] : [],
    );
    assert.ok((counted[0] ?? Infinity) <= back + 2, `back in round ${back}, counted in ${counted.join()}`);
    const again = mean(lengths(run, watcher, back + 4, back + 8));
    assert.ok(again < 1.1 * before, `${again.toFixed(0)} ms a round with everyone again`);
  });

  it('with a slow gradient comes back although rounds are over before it is done', () => {
    const names = namesOf(5);
    const run = new CalmNetwork(names, { timing: USUAL_TIMING, minContributions: 3 }, names, 200);
    names.forEach((name, i) => run.add(name, undefined, i === 4 ? 3000 : 200));
    run.start();
    assert.ok(run.reach(6), 'six rounds with it');
    const slow = run.peers[4] as SimulatedPeer;
    slow.crash(true);
    const others = run.peers.slice(0, 4);
    assert.ok(run.reach(20, others), 'the others get quick');
    slow.start();
    const back = (others[0] as SimulatedPeer).round;
    assert.ok(run.reach(back + 64), 'further rounds');
    const counted = [...run.contributors].filter(
      ([round, who]) => round >= back && round < back + 64 && who.includes(names[4] as string),
    );
    assert.ok(counted.length >= 3, `it counts in ${counted.length} of 64 rounds`);
  });

  it('loses its seat in a small roster, whose committee then tolerates the next loss', () => {
    const names = namesOf(5);
    const changes = { inactivityCohorts: 5, minSeats: 4, checkpointRounds: 2, changeDelayRounds: 2 };
    const run = new CalmNetwork(names, changes);
    for (const name of names) run.add(name);
    run.start();
    assert.ok(run.reach(4), 'all five');
    run.peers[4]?.crash(true);
    assert.ok(run.reach(16, run.peers.slice(0, 4)), 'without the fifth');
    assert.equal(run.committees.get(15)?.length, 4, 'the committee is of those that are left');
    run.peers[3]?.crash(true);
    assert.ok(run.reach(30, run.peers.slice(0, 3)), 'three of four go on; three of five could not');
    run.peers[3]?.start();
    run.peers[4]?.start();
    assert.ok(run.reach(60), 'both are back');
    assert.equal(run.committees.get(59)?.length, 5, 'with their seats');
    assert.deepEqual(run.checkers.violations, [], 'one value a round');
  });

  it('and two more leave some committees without a quorum, and cost one repeated agreement at most', () => {
    const names = namesOf(10);
    const changes = {
      timing: USUAL_TIMING,
      minContributions: 3,
      committeeSize: 7,
      rounds: 100_000,
      maxViews: 6,
    };
    const run = new CalmNetwork(names, changes, names, 600);
    for (const name of names) run.add(name);
    run.start();
    const [watcher] = run.peers;
    assert.ok(watcher && run.reach(12), 'twelve rounds');
    const before = mean(lengths(run, watcher, 2, 12));
    for (const peer of run.peers.slice(7)) peer.crash(true);
    const died = watcher.round;
    const others = run.peers.slice(0, 7);
    assert.ok(run.reach(died + 43, others), 'the others go on');
    const lost = [...run.committees].filter(
      ([round, committee]) => round > died + 3 && committee.length > 7 && round < died + 43,
    );
    assert.ok(lost.length >= 4, `rounds that a first committee could not decide: ${lost.length}`);
    const after = lengths(run, watcher, died + 3, died + 43);
    assert.ok(
      Math.max(...after) < 3 * before,
      `${before.toFixed(0)} ms a round before, after: ${after.map(Math.round).join()}`,
    );
    assert.deepEqual(run.checkers.violations, [], 'one value a round');
  });
});
