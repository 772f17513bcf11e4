import assert from 'node:assert/strict';
import type { Roster } from '../../../src/protocol/chain/chain.ts';
import { Presence } from '../../../src/protocol/round/presence.ts';
import { configOf } from '../bench-peers.ts';

const TIMING = { ...configOf().timing, collectMs: 20_000, collectMinMs: 200 };

function rosterOf(missed: Readonly<Record<string, number>>): Roster {
  const seats = Object.entries(missed).map(([peer, missedCohorts]) => ({ peer, missedCohorts }));
  return { seats, drawable: seats.map(({ peer }) => peer), pending: [], excluded: [] };
}

describe('presence', () => {
  const presence = (): Presence => new Presence('self', TIMING);

  it('waits for those that contributed lately, and for nobody without a seat', () => {
    const known = presence();
    const roster = rosterOf({ a: 0, b: 1, c: 2 });
    const awaited = ['a', 'b', 'c', 'd'].filter((peer) => known.awaits(roster, 9, peer));
    assert.deepEqual(awaited, ['a', 'b'], 'c missed two cohorts in a row, d has no seat');
  });

  it('waits for an absent one that says it is back, in this round and the next', () => {
    const known = presence();
    const roster = rosterOf({ c: 7 });
    known.back('c', 9);
    assert.deepEqual(
      [9, 10, 11].map((round) => known.awaits(roster, round, 'c')),
      [true, true, false],
      'and no longer than it goes on saying so',
    );
    assert.deepEqual([known.isBack('c', 9), known.isBack('c', 10)], [true, false], 'said once a round');
  });

  it('takes the word of one that does not come less and less often', () => {
    const known = presence();
    const roster = rosterOf({ c: 7 });
    const taken: number[] = [];
    for (let round = 0; round < 400; round++) {
      known.back('c', round);
      if (!known.awaits(roster, round, 'c')) continue;
      taken.push(round);
      known.stayedAway(roster, round, 'c', 20_000);
    }
    assert.ok(taken.length < 12, `waited for in ${taken.length} of 400 rounds`);
    const gaps = taken.slice(1).map((round, i) => round - (taken[i] as number));
    assert.ok(
      gaps.slice(1).every((gap, i) => gap >= (gaps[i] as number)),
      `ever less often: ${gaps.join()}`,
    );
    known.came('c', 500);
    known.back('c', 400);
    assert.ok(known.awaits(roster, 400, 'c'), 'until it comes');
  });

  it('gives each its usual time with a margin, twice that where it failed, within the bounds', () => {
    const known = presence();
    for (let i = 0; i < 40; i++) {
      known.came('quick', 100);
      known.came('slow', 4000);
      known.came('slower', 15_000);
    }
    const allowance = (peer: string): number => Math.round(known.allowanceMs(peer, 0.2, 100));
    assert.equal(allowance('quick'), 1000, 'a second at least (RFC 6298, 2.4)');
    assert.equal(allowance('slow'), 8000, 'twice its usual time');
    assert.equal(allowance('slower'), 20_000, 'never more than collectMs');
    known.stayedAway(rosterOf({ quick: 0 }), 1, 'quick', 1000);
    assert.equal(allowance('quick'), 2000, 'doubled');
    known.came('quick', 100);
    assert.equal(allowance('quick'), 1000, 'it came');
  });

  it('waits in a round as long as the round is patient, which is measured by what most take', () => {
    const known = presence();
    const cohort = ['a', 'b', 'c', 'slow'];
    const roster = rosterOf({ a: 0, b: 0, c: 0, slow: 0, new: 0 });
    for (const peer of ['a', 'b', 'c']) known.came(peer, 400);
    known.came('slow', 3000);
    const awaited = [1, 2, 4, 8, 16].filter((round) =>
      known.waitsIn({ roster, round }, cohort, undefined).awaits('slow'),
    );
    assert.deepEqual(awaited, [8, 16], '7.5 times as long as the others: in every eighth');
    const waits = known.waitsIn({ roster, round: 1 }, cohort, undefined);
    assert.equal(waits.allowanceMs('new', 1, 400), 1600, 'no longer than twice what the round is patient');
    assert.ok(waits.awaits('a'));
    known.stayedAway(roster, 2, 'a', 1500);
    const after = (round: number): boolean => known.waitsIn({ roster, round }, cohort, undefined).awaits('a');
    assert.deepEqual([after(3), after(4)], [false, true], 'it takes 1.5 s at least');
    known.came('a', 400);
    assert.ok(after(3), 'until it comes');
  });

  it('holds up a round for one that came often in a row, whatever the pace, once', () => {
    const known = presence();
    const roster = rosterOf({ a: 0, b: 0, c: 0 });
    for (let i = 0; i < 8; i++) for (const peer of ['a', 'b', 'c']) known.came(peer, 50);
    const allowance = (): number =>
      known.waitsIn({ roster, round: 1 }, ['a', 'b', 'c'], undefined).allowanceMs('a', 0.3, 50);
    assert.equal(allowance(), 1000);
    known.stayedAway(roster, 1, 'a', 1000);
    known.came('a', 50);
    assert.equal(allowance(), 200, 'collectMinMs, and four times the pace is no longer');
  });

  it('waits the less for who is not known, the more of the others have come', () => {
    const known = presence();
    const allowance = (missing: number, lastMs: number): number => known.allowanceMs('new', missing, lastMs);
    assert.equal(allowance(1, 0), 20_000, 'nobody is here: all the time there is');
    assert.equal(allowance(0.5, 300), 10_000, 'half of them');
    assert.equal(allowance(0.1, 300), 2000, 'nine of ten');
    assert.equal(allowance(0.1, 3000), 12_000, 'four times as long as the last one took');
    assert.equal(allowance(0.001, 1), 200, 'the shortest time');
  });

  it('suspects a proposer that was silent, until it is heard again', () => {
    const known = presence();
    const roster = rosterOf({ a: 0, b: 5, self: 9 });
    assert.equal(known.isSuspect(roster, 3, 'a'), false, 'nothing against it');
    known.heard('a', 3);
    known.wasSilent('a', 3);
    assert.ok(known.isSuspect(roster, 4, 'a'), 'what it said before its turn does not clear it');
    known.heard('a', 4);
    assert.equal(known.isSuspect(roster, 4, 'a'), false, 'a later round does');
    assert.ok(known.isSuspect(roster, 4, 'b'), 'the chain counts it as absent');
    known.heard('b', 3);
    assert.equal(known.isSuspect(roster, 4, 'b'), false, 'left out by others, but heard here');
    assert.equal(known.isSuspect(roster, 4, 'self'), false, 'never itself');
  });

  it('expects nothing of those that were not heard in a round whose attempt the others gave up', () => {
    const known = presence();
    const roster = rosterOf({ a: 0, b: 0, c: 0, self: 0 });
    for (const peer of ['a', 'b', 'c']) known.heard(peer, 6);
    known.heard('b', 7);
    known.onlyTheseSpoke([{ peer: 'a' }], ['a', 'b', 'c', 'self'], 7);
    const suspects = ['a', 'b', 'c', 'self'].filter((peer) => known.isSuspect(roster, 7, peer));
    assert.deepEqual(suspects, ['c'], 'a signed the opening, b something else in the round');
    known.heard('c', 8);
    assert.equal(known.isSuspect(roster, 8, 'c'), false, 'until it is heard in a later round');
  });
});
