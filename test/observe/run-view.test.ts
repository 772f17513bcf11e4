import assert from 'node:assert/strict';
import type { EventKind, EventOf, FieldsOf, RunEvent } from '../../src/observe/event-table.ts';
import { CELL } from '../../src/observe/round-view.ts';
import { RunView } from '../../src/observe/run-view.ts';

const PEERS = ['a', 'b', 'c', 'd', 'e', 'f'];

function runEvent(experimentId: string, startedAt = '2026-01-01T00:00:00.000Z'): EventOf<'run'> {
  return {
    ...{ t: 0, e: 'run', schema: 1, source: 'simulation', part: 0, startedAt, self: null, name: 'test' },
    ...{
      experimentId,
      experiment: { rounds: 99 },
      peers: PEERS,
      adversaries: [],
      attack: null,
      parameters: 1,
    },
    ...{ backend: 'cpu', command: [], build: { synod: '0', node: '20' } },
    machine: { system: '', processor: '', cores: 1, memoryBytes: 1 },
    need: { everyPeer: 0, member: 0, worker: 0 },
  };
}

function event<K extends EventKind>(t: number, e: K, fields: FieldsOf<K>): RunEvent {
  return { t, e, ...fields } as unknown as RunEvent;
}

const opened = (t: number, round: number): RunEvent =>
  event(t, 'round', { round, attempt: 0, cohort: [0, 1, 2, 3, 4], committee: [5, 0], seats: 6 });

const decided = (t: number, round: number): RunEvent =>
  event(t, 'decision', {
    ...{ round, attempt: 0, view: 0, author: 5, signers: [5, 0] },
    ...{ certificateBytes: 1, updateBytes: 1, state: 'ab' },
  });

const listed = (t: number, round: number): RunEvent =>
  event(t, 'contributions', {
    round,
    ...{ peers: [0, 1], bytes: [9, 9], distance: [1, 4], scale: [0.5, 1] },
    ...{ trimmed: [1], absent: [2, 3, 4], late: [2], invalid: [[3, 'not-finite']] },
  });

function viewOf(events: readonly RunEvent[], keptRounds?: number): RunView {
  const view = new RunView(keptRounds);
  for (const one of events) view.apply(one);
  return view;
}

describe('the view of a run', () => {
  it('tells what each peer was in a round', () => {
    const view = viewOf([runEvent('x'), opened(1, 0), listed(5, 0), decided(5, 0), opened(6, 1)]);
    const cells = (round: number) => PEERS.map((_, peer) => view.cell(peer, round));
    const { clipped, trimmed, late, invalid, absent, notDrawn, expected } = CELL;
    assert.deepEqual(cells(0), [clipped, trimmed, late, invalid, absent, notDrawn], 'a decided round');
    assert.deepEqual(cells(1), [expected, expected, expected, expected, expected, notDrawn], 'the open one');
    assert.deepEqual(
      PEERS.map((_, peer) => view.serves(peer, 0)),
      [true, false, false, false, false, true],
      'the committee',
    );
    assert.equal(view.remoteness(1, 0), 1, 'the upper middle of two distances is the farther one');
    assert.equal(view.remoteness(0, 0), 0.25, 'and the other a quarter of it');
  });

  it('has no round after the last one, though a committee is drawn for it', () => {
    const view = viewOf([runEvent('x'), opened(1, 98), decided(2, 98), opened(3, 99)]);
    assert.equal(view.newest, 98, 'of ninety-nine rounds');
  });

  it('keeps an excluded peer excluded from the next round on', () => {
    const view = viewOf([
      ...[runEvent('x'), opened(1, 0), listed(2, 0), decided(2, 0)],
      ...[event(3, 'exclusion', { peer: 1, round: 0 }), opened(4, 1)],
    ]);
    assert.equal(view.cell(1, 0), CELL.trimmed, 'in the round it was what it was');
    assert.equal(view.cell(1, 1), CELL.excluded, 'after it');
  });

  it('goes on where the same peer starts again, and begins anew with another experiment', () => {
    const later = '2026-01-01T01:00:00.000Z';
    const first = [runEvent('x'), opened(1, 0), listed(2, 0), decided(2, 0)];
    const again = viewOf([...first, runEvent('x', later), opened(1, 1), decided(7, 1)]);
    assert.equal(again.decided, 1, 'both rounds');
    assert.equal(again.rounds[1]?.decidedAt, Date.parse(later) + 7, 'times count from the newer start');
    const other = viewOf([...first, runEvent('y')]);
    assert.equal(other.decided, -1, 'nothing of the other experiment');
  });

  it('shows what a log that begins late holds, and forgets old rounds where it is told to', () => {
    const late = viewOf([runEvent('x'), opened(1, 7), listed(2, 7), decided(2, 7)]);
    assert.deepEqual([late.newest, late.decided, late.rounds[0]], [7, 7, undefined], 'from round 7 on');
    const events = Array.from({ length: 50 }, (_, round) => [
      opened(round, round),
      decided(round, round),
    ]).flat();
    const bounded = viewOf([runEvent('x'), ...events], 10);
    assert.equal(bounded.rounds.filter((seen) => seen !== undefined).length, 10, 'ten rounds');
    assert.equal(bounded.decided, 49, 'the newest of them');
  });
});
