import assert from 'node:assert/strict';
import { attackedSpans, attackedText } from '../../src/observe/attacked-rounds.ts';
import type { EventOf, RunEvent } from '../../src/observe/event-table.ts';
import { RunView } from '../../src/observe/run-view.ts';

/** A run in which peer 1 attacks, and `lists` says who contributed in each round. */
function viewOf(lists: readonly (readonly number[])[], adversaries: readonly number[]): RunView {
  const view = new RunView();
  const run = {
    t: 0,
    e: 'run',
    startedAt: '2026-01-01T00:00:00Z',
    experimentId: 'a',
    adversaries,
    peers: ['a', 'b', 'c'],
  };
  view.apply(run as unknown as EventOf<'run'>);
  for (const [round, peers] of lists.entries()) {
    const bytes = peers.map(() => 1);
    const none = { trimmed: [], absent: [], late: [], invalid: [] };
    view.apply({ t: round, e: 'contributions', round, peers, bytes, ...none } as unknown as RunEvent);
  }
  return view;
}

describe('attacked rounds', () => {
  it('are those in which a known attacker contributed, in runs', () => {
    const view = viewOf([[0, 1], [1], [0, 2], [0], [0, 1, 2]], [1]);
    assert.deepEqual(attackedSpans(view), [
      { first: 0, last: 1 },
      { first: 4, last: 4 },
    ]);
    assert.match(attackedText(view), /\(3 of /);
  });

  it('are none where nobody is known to attack', () => {
    const view = viewOf([[0, 1], [1]], []);
    assert.deepEqual(attackedSpans(view), []);
    assert.equal(attackedText(view), '');
  });
});
