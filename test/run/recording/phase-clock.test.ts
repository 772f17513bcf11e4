import assert from 'node:assert/strict';
import { PhaseClock } from '../../../src/run/recording/phase-clock.ts';
import type { Effect } from '../../../src/protocol/effect.ts';

const effect = (fields: object): Effect => fields as Effect;
const published = (kind: string): Effect => effect({ type: 'publish', message: { kind } });

describe('phase clock', () => {
  it('times the phases of a member from its effects', () => {
    const seen: [string, number][] = [];
    const clock = new PhaseClock((phase, seconds) => seen.push([phase, seconds]));
    const at = (seconds: number, fields: Effect) => clock.saw(fields, 1000 * seconds);
    at(0, effect({ type: 'train' }));
    at(0, effect({ type: 'setTimer', timer: 'collect' }));
    at(2, published('contribution'));
    at(3, effect({ type: 'setTimer', timer: 'phase' }));
    at(5, effect({ type: 'verify' }));
    at(9, published('vote'));
    at(10, published('vote'));
    at(16, effect({ type: 'adopt' }));
    at(18, effect({ type: 'decide' }));
    assert.deepEqual(
      seen,
      [
        ['train', 2],
        ['collect', 5],
        ['aggregate', 4],
        ['agree', 7],
        ['adopt', 2],
      ],
      'each phase once, from its beginning to its end',
    );
  });

  it('forgets with the round what did not end in it', () => {
    const seen: string[] = [];
    const clock = new PhaseClock((phase) => seen.push(phase));
    clock.saw(effect({ type: 'train' }), 0);
    clock.saw(effect({ type: 'adopt' }), 1);
    clock.saw(effect({ type: 'decide' }), 2);
    clock.saw(published('contribution'), 3);
    assert.deepEqual(seen, ['adopt'], 'a follower that was overtaken while it trained');
  });
});
