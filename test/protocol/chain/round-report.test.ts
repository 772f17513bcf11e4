import assert from 'node:assert/strict';
import { CalmNetwork, namesOf } from '../../../simulations/calm-network.ts';
import { isWorthSaying } from '../../../src/protocol/round/own-gradient.ts';
import { configOf } from '../bench-peers.ts';

describe('round report', () => {
  it('says of a round with too few contributions that it was skipped, and tells the slow that they are', () => {
    const names = namesOf(5);
    const timing = { ...configOf().timing, collectMs: 300, collectMinMs: 60, proposeMs: 5000 };
    const run = new CalmNetwork(names, { timing, minContributions: 3 });
    names.forEach((name, i) => run.add(name, undefined, i < 2 ? 20 : 3000));
    run.start();
    assert.ok(run.reach(9), 'rounds go on');
    const skipped = [...run.skipped].filter(([round]) => round < 8);
    assert.equal(skipped.length, 8, 'two of five are quick enough, and three are needed');
    assert.ok(
      skipped.every(([, reason]) => reason === 'too-few-contributions'),
      'with the reason',
    );
    const late = run.peers.map(
      (peer) => run.reports(peer).filter((event) => event === 'gradient-late').length,
    );
    assert.deepEqual(late.slice(0, 2), [0, 0], 'the quick ones have nothing to say');
    assert.ok(
      late.slice(2).every((count) => count >= 3 && count <= 5),
      `the slow ones at the first, second, fourth, ... miss: ${late.join()}`,
    );
  });

  it('says nothing of the kind where all goes well', () => {
    const names = namesOf(4);
    const run = new CalmNetwork(names);
    for (const name of names) run.add(name);
    run.start();
    assert.ok(run.reach(5), 'rounds go on');
    assert.equal(run.skipped.size, 0, 'no round is skipped');
    assert.equal(
      run.peers.flatMap((peer) => run.reports(peer)).filter((event) => event === 'gradient-late').length,
      0,
      'nobody is late',
    );
  });

  it('is repeated less and less often', () => {
    assert.deepEqual([1, 2, 3, 4, 5, 6, 7, 8, 9].filter(isWorthSaying), [1, 2, 4, 8]);
  });
});
