import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { RosterChange } from '../../../src/messages/roster-change.ts';
import type { Roster } from '../../../src/protocol/chain/chain.ts';
import { MAX_EXCLUDED } from '../../../src/protocol/limits.ts';
import {
  genesisRoster,
  hasSeat,
  heardIn,
  nextRoster,
  peersIn,
  rosterDigest,
  servingIn,
} from '../../../src/protocol/chain/roster.ts';
import { isEffective } from '../../../src/protocol/chain/roster-changes.ts';
import { configOf } from '../bench-peers.ts';

const PEERS = ['a', 'b', 'c', 'd', 'e'];
const signature = new Uint8Array(1);
const join = (peer: string, round = 0): RosterChange => ({ kind: 'join', peer, round, signature });
const leave = (peer: string, round = 0): RosterChange => ({ kind: 'leave', peer, round, signature });
const evidence = (peer: string): RosterChange => ({ kind: 'evidence', peer }) as unknown as RosterChange;

describe('roster', () => {
  const config = configOf({
    committeeSize: 4,
    minSeats: 3,
    inactivityCohorts: 2,
    maxPeers: 7,
    changeDelayRounds: 3,
  });
  const roster = genesisRoster(['c', 'a', 'e', 'b', 'd']);
  const all = new Set(PEERS);
  const next = (
    from: Roster,
    changes: readonly RosterChange[],
    contributors: ReadonlySet<string> = new Set([...all, 'f']),
    round = 0,
  ) => nextRoster(config, from, round, peersIn(from), contributors, changes);

  it('takes in joins, and takes out leaves and the convicted', () => {
    const after = next(roster, [evidence('c'), leave('a'), join('f')]);
    assert.deepEqual(peersIn(after), ['b', 'd', 'e', 'f'], 'sorted');
    assert.deepEqual(after.excluded, ['c'], 'only the convicted is excluded');
    assert.equal(next(roster, []), roster, 'nothing changes: the same object');
  });

  it('draws with a change only when its time has come, and hears convicts no longer at once', () => {
    let now = next(roster, [evidence('c'), leave('a'), join('f')], undefined, 10);
    assert.deepEqual(now.drawable, PEERS, 'in the draws of the next round as if nothing had happened');
    assert.deepEqual([...servingIn(now)], ['a', 'b', 'd', 'e'], 'the leaver serves on, the convict does not');
    assert.deepEqual([...heardIn(now)].sort(), ['a', 'b', 'd', 'e', 'f'], 'the newcomer is listened to');
    now = next(now, [], undefined, 11);
    assert.deepEqual(now.drawable, PEERS, 'one round before it is due');
    now = next(now, [], undefined, 12);
    assert.deepEqual(now.drawable, ['b', 'd', 'e', 'f'], 'round 13 = 10 + 3 draws with it');
    assert.deepEqual(now.pending, [], 'and nothing is left to come');
    assert.equal(heardIn(now).has('a'), false, 'the leaver is gone');
  });

  it('draws in every round from those that had a seat when the delay began', () => {
    const names = [...'abcdefghij'];
    const change = fc.record({ kind: fc.nat(2), peer: fc.constantFrom(...names) });
    const rounds = fc.array(
      fc.record({
        changes: fc.uniqueArray(change, { selector: ({ peer }) => peer, maxLength: 4 }),
        absent: fc.constantFrom(...names),
      }),
      { minLength: 1, maxLength: 30 },
    );
    const free = configOf({ committeeSize: 1, inactivityCohorts: 1, maxPeers: 20, changeDelayRounds: 4 });
    fc.assert(
      fc.property(rounds, (played) => {
        let now = genesisRoster(PEERS);
        const seatsBefore = [peersIn(now)];
        for (const [round, { changes, absent }] of played.entries()) {
          const makers = [
            (peer: string) => join(peer, round),
            (peer: string) => leave(peer, round),
            evidence,
          ];
          const made = changes
            .map(({ kind, peer }) => makers[kind]!(peer))
            .filter((candidate) => isEffective(free, now, round, candidate));
          const present = new Set(names.filter((peer) => peer !== absent));
          now = nextRoster(free, now, round, now.drawable, present, made);
          seatsBefore.push(peersIn(now));
          const began = Math.max(0, round + 2 - free.changeDelayRounds);
          assert.deepEqual(now.drawable, seatsBefore[began], `round ${round + 1} draws from round ${began}`);
          assert.ok(
            now.pending.every(({ due }) => due > round + 1 && due <= round + 4),
            'what is to come',
          );
        }
      }),
    );
  });

  it('takes the seat of a worker that missed its cohorts, below a committee too, while minSeats are left', () => {
    const present = new Set(['a', 'b', 'c']);
    const once = next(roster, [], present);
    assert.deepEqual(
      once.seats.map(({ missedCohorts }) => missedCohorts),
      [0, 0, 0, 1, 1],
      'd and e missed one',
    );
    const twice = next(once, [], present);
    assert.deepEqual(peersIn(twice), ['a', 'b', 'c'], 'two in a row');
    assert.deepEqual(twice.drawable, PEERS, 'a seat lost by absence is a change like any other');
    assert.deepEqual(
      next(once, []).seats.map(({ missedCohorts }) => missedCohorts),
      [0, 0, 0, 0, 0],
      'a contribution starts the count anew',
    );
    const alone = new Set(['a']);
    const thinned = next(next(roster, [], alone), [], alone);
    assert.equal(thinned.seats.length, 3, 'never fewer than minSeats');
    const idle = nextRoster(config, once, 0, ['a', 'b'], new Set(['a', 'b']), []);
    assert.equal(idle.seats.at(-1)?.missedCohorts, 1, 'who was not drawn missed nothing');
  });

  it('remembers the newest convicts where there is no end of them', () => {
    let now: Roster = { ...roster, excluded: Array.from({ length: MAX_EXCLUDED }, (_, i) => `x${i}`) };
    now = next(now, [evidence('b')]);
    assert.equal(now.excluded.length, MAX_EXCLUDED, 'bounded');
    assert.deepEqual([now.excluded[0], now.excluded.at(-1)], ['x1', 'b'], 'the oldest goes');
  });

  it('has one digest for one roster, and another for any other', () => {
    const sorted = (letters: string, minLength = 0) =>
      fc.uniqueArray(fc.constantFrom(...letters), { minLength }).map((names) => names.sort());
    const rosters = fc.record({
      seats: sorted('abcdefgh', 1).chain((names) =>
        fc.tuple(...names.map((peer) => fc.nat(2).map((missedCohorts) => ({ peer, missedCohorts })))),
      ),
      drawable: sorted('abcd'),
      pending: fc.array(
        fc.record({ peer: fc.constantFrom('a', 'b'), drawable: fc.boolean(), due: fc.nat(2) }),
        {
          maxLength: 2,
        },
      ),
      excluded: sorted('stuv'),
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
