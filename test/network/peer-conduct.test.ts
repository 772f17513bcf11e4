import assert from 'node:assert/strict';
import { RESOURCES } from '../../src/network/budget-table.ts';
import { MAX_REQUESTS_OF_STRANGERS, MAX_REQUESTS_PER_PEER } from '../../src/network/limits.ts';
import { PeerBudget } from '../../src/network/peer-budget.ts';
import { PeerConduct } from '../../src/network/peer-conduct.ts';
import { RequestQuota } from '../../src/network/request-quota.ts';
import { TokenBucket } from '../../src/network/token-bucket.ts';

const MINUTE = 60_000;

describe('peer conduct', () => {
  it('halves points every minute and bans at a hundred, twice as long each time', () => {
    const bans: number[] = [];
    const conduct = new PeerConduct({ onBan: (_peer, _reason, untilMs) => bans.push(untilMs) });
    conduct.penalize('p', 40, 'first', 0);
    assert.deepEqual(
      [conduct.score('p', 0), conduct.score('p', MINUTE), conduct.score('q', 0)],
      [-40, -20, 0],
    );
    conduct.penalize('p', 79, 'second', MINUTE);
    assert.deepEqual(bans, [], '99 is not 100');
    conduct.penalize('p', 1, 'third', MINUTE);
    assert.deepEqual(bans, [2 * MINUTE], 'a minute');
    assert.deepEqual(conduct.ban('p', MINUTE), { reason: 'third', untilMs: 2 * MINUTE });
    conduct.penalize('p', 500, 'while banned', MINUTE);
    assert.equal(bans.length, 1, 'a ban is not counted twice');
    assert.equal(conduct.ban('p', 2 * MINUTE), undefined, 'over');
    conduct.penalize('p', 100, 'again', 2 * MINUTE);
    assert.deepEqual(bans, [2 * MINUTE, 4 * MINUTE], 'two minutes');
    assert.equal(conduct.ban('q', 0), undefined, 'others are not banned');
  });

  it('forgets the longest unreported of too many peers', () => {
    const conduct = new PeerConduct({ onBan: () => undefined });
    for (let i = 0; i < 5_000; i++) conduct.penalize(`peer ${i}`, 10, 'x', 0);
    assert.equal(conduct.score('peer 0', 0), 0, 'forgotten');
    assert.equal(conduct.score('peer 4999', 0), -10, 'remembered');
  });
});

describe('the ban of a prefix', () => {
  it('follows the bans of four strangers behind it, and binds strangers only', () => {
    const prefixes: string[] = [];
    const seats = new Set(['seat']);
    const conduct = new PeerConduct({
      onBan: () => undefined,
      onPrefixBan: (prefix) => prefixes.push(prefix),
      strangerPrefix: (peer) => (seats.has(peer) ? undefined : '192.0.2.0/24'),
    });
    for (const key of ['one', 'two', 'three']) conduct.penalize(key, 100, 'lies', 0);
    assert.equal(conduct.ban('fresh key', 0), undefined, 'three may be chance');
    conduct.penalize('seat', 100, 'lies', 0);
    assert.deepEqual(prefixes, [], 'a seat answers for itself');
    conduct.penalize('four', 100, 'lies', 0);
    assert.deepEqual(prefixes, ['192.0.2.0/24']);
    assert.equal(conduct.ban('fresh key', 0)?.untilMs, MINUTE, 'another key does not help');
    seats.add('joined');
    assert.equal(conduct.ban('joined', 0), undefined, 'a peer with a seat is not meant');
    assert.equal(conduct.cutOff(0).length, 6, 'five peers and a prefix');
  });
});

describe('rates and quotas', () => {
  it('let a burst pass, then so much a second, and never a part', () => {
    const bucket = new TokenBucket({ perSecond: 10, burst: 5 }, 0);
    assert.deepEqual(
      [bucket.take(5, 0), bucket.take(1, 0), bucket.take(1, 99), bucket.take(1, 100)],
      [true, false, false, true],
    );
    assert.deepEqual([bucket.take(6, 1e9), bucket.take(5, 1e9)], [false, true], 'the burst is the most');
    assert.equal(bucket.take(1, 0), false, 'a clock that goes back gives nothing');
  });

  it('run into debt for what is known only afterwards, and out of it in time', () => {
    const bucket = new TokenBucket({ perSecond: 10, burst: 5 }, 0);
    bucket.charge(14, 0);
    assert.deepEqual([bucket.debtMs(0), bucket.debtMs(500), bucket.debtMs(1_000)], [1_000, 500, 0]);
    bucket.charge(1e9, 1_000);
    assert.ok(bucket.debtMs(1_000) <= 31_000, 'nobody owes for ever');
    bucket.charge(-1e9, 1_000);
    assert.equal(bucket.take(6, 1_000), false, 'what is given back fills no more than the burst');
  });

  it('give a peer so many places, and each back once', () => {
    const { budget, quota } = quotaOf(() => true);
    const places = Array.from({ length: MAX_REQUESTS_PER_PEER }, () => quota.enter('a'));
    assert.ok(places.every(Boolean), 'all of its share');
    assert.equal(quota.enter('a'), undefined, 'not one more');
    assert.ok(quota.enter('b'), 'others are not affected');
    places[0]?.();
    places[0]?.();
    assert.ok(quota.enter('a'), 'the place that was given back');
    assert.equal(quota.enter('a'), undefined, 'and only that one');
    const { burst } = RESOURCES.questions.seat;
    let passed = 0;
    for (let i = 0; i < 2 * burst; i++) {
      const release = quota.enter('c');
      if (release !== undefined) passed += 1;
      release?.();
    }
    assert.ok(passed >= burst && passed < 1.5 * burst, `${passed} passed`);
    assert.ok(
      budget.lines().some((line) => line.resource === 'questions' && line.refused > 0),
      'counted',
    );
  });

  it('keep places for seats, however many strangers ask', () => {
    const { quota } = quotaOf((peer) => peer.startsWith('seat'));
    let strangers = 0;
    for (let i = 0; i < 1_000; i++) if (quota.enter(`stranger ${i % 200}`) !== undefined) strangers += 1;
    assert.equal(strangers, MAX_REQUESTS_OF_STRANGERS, 'their share, all together');
    assert.ok(quota.enter('seat'), 'a seat has its place');
  });
});

function quotaOf(isSeated: (peer: string) => boolean): { budget: PeerBudget; quota: RequestQuota } {
  const budget = new PeerBudget();
  budget.useSeats(isSeated);
  return {
    budget,
    quota: new RequestQuota(budget, { onRefused: () => undefined, onSilent: () => undefined }),
  };
}
