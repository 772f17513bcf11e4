import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { RosterChange } from '../../src/messages/roster-change.ts';
import type { Roster } from '../../src/protocol/chain.ts';
import { CHANGE_LIFETIME_ROUNDS } from '../../src/protocol/limits.ts';
import {
  genesisRoster,
  hasSeat,
  isEffective,
  nextRoster,
  peersIn,
  rosterDigest,
} from '../../src/protocol/roster.ts';
import { configOf } from './bench-peers.ts';

const PEERS = ['a', 'b', 'c', 'd', 'e'];
const signature = new Uint8Array(1);
const join = (peer: string, round = 0): RosterChange => ({ kind: 'join', peer, round, signature });
const leave = (peer: string, round = 0): RosterChange => ({ kind: 'leave', peer, round, signature });
const evidence = (peer: string): RosterChange => ({ kind: 'evidence', peer }) as unknown as RosterChange;

describe('roster', () => {
  const config = configOf({ committeeSize: 3, inactivityCohorts: 2, maxPeers: 7 });
  const roster = genesisRoster(['c', 'a', 'e', 'b', 'd']);
  const all = new Set(PEERS);
  const next = (from: Roster, changes: readonly RosterChange[], contributors: ReadonlySet<string> = all) =>
    nextRoster(config, from, peersIn(from), contributors, changes);

  it('takes in joins, and takes out leaves and the convicted', () => {
    const after = next(roster, [join('f'), leave('a'), evidence('c')]);
    assert.deepEqual(peersIn(after), ['b', 'd', 'e', 'f'], 'sorted');
    assert.deepEqual(after.excluded, ['c'], 'only the convicted is excluded');
    assert.equal(isEffective(config, after, 1, join('c', 1)), false, 'for good');
    assert.equal(isEffective(config, after, 1, join('a', 1)), true, 'who left may come back');
    assert.equal(next(roster, []), roster, 'nothing changes: the same object');
  });

  it('takes the seat of a worker that missed its cohorts, while a committee is left', () => {
    const present = new Set(['a', 'b', 'c']);
    const once = next(roster, [], present);
    assert.deepEqual(
      once.seats.map(({ missedCohorts }) => missedCohorts),
      [0, 0, 0, 1, 1],
      'd and e missed one',
    );
    assert.deepEqual(peersIn(next(once, [], present)), ['a', 'b', 'c'], 'two in a row');
    assert.deepEqual(
      next(once, []).seats.map(({ missedCohorts }) => missedCohorts),
      [0, 0, 0, 0, 0],
      'a contribution starts the count anew',
    );
    const alone = new Set(['a']);
    const thinned = next(next(roster, [], alone), [], alone);
    assert.equal(thinned.seats.length, 3, 'never below a committee');
    const idle = nextRoster(config, once, ['a', 'b'], new Set(['a', 'b']), []);
    assert.equal(idle.seats.at(-1)?.missedCohorts, 1, 'who was not drawn missed nothing');
  });

  it('lets a wish live for so many rounds, and not from the future', () => {
    const at = (round: number, signed: number) => isEffective(config, roster, round, join('f', signed));
    assert.equal(at(10, 10), true, 'now');
    assert.equal(at(10, 11), false, 'of a later round');
    assert.equal(at(CHANGE_LIFETIME_ROUNDS + 1, 1), true, 'the last round');
    assert.equal(at(CHANGE_LIFETIME_ROUNDS + 2, 1), false, 'a replay');
  });

  it('refuses what has no effect', () => {
    assert.equal(isEffective(config, roster, 0, join('a')), false, 'a seat that is taken');
    assert.equal(isEffective(config, roster, 0, leave('z')), false, 'a seat that nobody has');
    assert.equal(isEffective(config, roster, 0, evidence('z')), false, 'nobody to exclude');
    const full = next(roster, [join('f'), join('g')]);
    assert.equal(isEffective(config, full, 0, join('h')), false, 'no seat is left');
    assert.equal(isEffective(config, genesisRoster(['a']), 0, leave('a')), false, 'the last one stays');
  });

  it('has one digest for one roster, and another for any other', () => {
    const rosters = fc.record({
      seats: fc
        .uniqueArray(fc.constantFrom(...'abcdefgh'), { minLength: 1 })
        .map((names) => names.sort())
        .chain((names) =>
          fc.tuple(...names.map((peer) => fc.nat(2).map((missedCohorts) => ({ peer, missedCohorts })))),
        ),
      excluded: fc.uniqueArray(fc.constantFrom(...'stuv')).map((names) => names.sort()),
    });
    fc.assert(
      fc.property(rosters, rosters, (one, other) => {
        const same = JSON.stringify(one) === JSON.stringify(other);
        assert.equal(rosterDigest(one) === rosterDigest(other), same, JSON.stringify([one, other]));
        assert.equal(rosterDigest(one), rosterDigest(structuredClone(one)), 'of a copy');
      }),
    );
    assert.ok(hasSeat(roster, 'a') && !hasSeat(roster, 'z'), 'seats');
  });
});
