import assert from 'node:assert/strict';
import { Farewell } from '../../../nodes/peer/farewell.ts';
import { CalmNetwork, namesOf } from '../../../simulations/calm-network.ts';
import { present } from '../../../src/foundation/assert.ts';

describe('leaving on exit', () => {
  it('ends a peer when nobody is drawn with its seat any more', () => {
    const names = namesOf(5);
    const network = new CalmNetwork(names, { changeDelayRounds: 4 });
    for (const name of names) network.add(name);
    network.start();
    assert.ok(network.reach(3), 'rounds are played');
    const leaver = present(network.peers[4], 'peer');
    const said: string[] = [];
    const farewell = new Farewell(leaver.id, { info: (sentence) => void said.push(sentence) });
    farewell.attach({ machine: present(leaver.machine, 'machine'), leave: () => leaver.leave() });
    let ended = 0;
    assert.ok(
      farewell.begins(() => (ended += 1)),
      'there is a seat to give up',
    );
    const begun = leaver.round;
    for (let round = begun + 1; round <= begun + 12; round++) {
      assert.ok(network.reach(round), `round ${round}`);
      farewell.decided();
      if (round <= begun + 3) assert.equal(ended, 0, `it serves on in round ${round}`);
    }
    assert.equal(ended, 1, 'once');
    assert.match(said.join('; '), /^leaving: .*; the seat is given up$/, 'and it is said');
    assert.deepEqual(network.checkers.violations, [], 'nothing went wrong');
  });

  it('puts nothing off where there is no seat, or no peer yet', () => {
    const farewell = new Farewell('somebody', { info: () => undefined });
    assert.equal(
      farewell.begins(() => undefined),
      false,
      'before the peer runs',
    );
    farewell.attach({ machine: { isSeated: () => false }, leave: () => assert.fail('nothing to leave') });
    assert.equal(
      farewell.begins(() => undefined),
      false,
      'without a seat',
    );
  });
});
