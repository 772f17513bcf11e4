import assert from 'node:assert/strict';
import { MAX_REQUESTS_PER_PEER, REQUEST_BURST_PER_PEER } from '../../src/network/limits.ts';
import { PeerConduct } from '../../src/network/peer-conduct.ts';
import { RequestQuota } from '../../src/network/request-quota.ts';
import { PeerBuckets, TokenBucket } from '../../src/network/token-bucket.ts';

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

describe('rates and quotas', () => {
  it('let a burst pass, then so much a second, and never a part', () => {
    const bucket = new TokenBucket(10, 5, 0);
    assert.deepEqual(
      [bucket.take(5, 0), bucket.take(1, 0), bucket.take(1, 99), bucket.take(1, 100)],
      [true, false, false, true],
    );
    assert.deepEqual([bucket.take(6, 1e9), bucket.take(5, 1e9)], [false, true], 'the burst is the most');
    assert.equal(bucket.take(1, 0), false, 'a clock that goes back gives nothing');
  });

  it('are kept for each peer', () => {
    const buckets = new PeerBuckets(1, 1);
    assert.deepEqual(
      [buckets.take('a', 1, 0), buckets.take('a', 1, 0), buckets.take('b', 1, 0)],
      [true, false, true],
    );
  });

  it('give a peer so many places, and each back once', () => {
    const quota = new RequestQuota();
    const places = Array.from({ length: MAX_REQUESTS_PER_PEER }, () => quota.enter('a'));
    assert.ok(places.every(Boolean), 'all of its share');
    assert.equal(quota.enter('a'), undefined, 'not one more');
    assert.ok(quota.enter('b'), 'others are not affected');
    places[0]?.();
    places[0]?.();
    assert.ok(quota.enter('a'), 'the place that was given back');
    assert.equal(quota.enter('a'), undefined, 'and only that one');
    const fast = new RequestQuota();
    let passed = 0;
    for (let i = 0; i < 2 * REQUEST_BURST_PER_PEER; i++) {
      const release = fast.enter('c');
      if (release !== undefined) passed += 1;
      release?.();
    }
    assert.ok(passed >= REQUEST_BURST_PER_PEER && passed < 1.5 * REQUEST_BURST_PER_PEER, `${passed} passed`);
  });
});
