import assert from 'node:assert/strict';
import { committeeFailure } from '../../src/committee/committee-size.ts';
import { minSeats } from '../../src/config/min-seats.ts';

function seatsOf(
  peers: number,
  minimum = 1,
  committee: { size?: number; byzantine?: number; failure?: number } = {},
): number {
  const { size = Math.min(7, peers), byzantine = 0, failure = 1 } = committee;
  const roster = Array.from({ length: peers }, (_, i) => `peer-${i}`);
  return minSeats({ roster, cohort: { size: peers, minimum }, committee: { size, byzantine, failure } });
}

describe('the seats that absence leaves', () => {
  it('are four, or all where there are fewer', () => {
    assert.deepEqual([seatsOf(2), seatsOf(4), seatsOf(5), seatsOf(100)], [2, 4, 4, 4]);
  });

  it('are enough for a round that counts, and for the Byzantine that are planned for', () => {
    assert.equal(seatsOf(10, 6), 6, 'cohort.minimum');
    assert.equal(seatsOf(10, 1, { byzantine: 2 }), 7, 'three times two and one');
  });

  it('keep the experiment within its bound at every size on the way', () => {
    const failure = 0.01;
    const [peers, size, byzantine] = [40, 13, 5];
    const least = seatsOf(peers, 1, { size, byzantine, failure });
    assert.ok(least < peers && least > 3 * byzantine, `some may be lost: ${least} stay`);
    for (let left = peers; left >= least; left--) {
      assert.ok(committeeFailure(left, byzantine, Math.min(size, left)) <= failure, `${left} seats`);
    }
    const next = committeeFailure(least - 1, byzantine, Math.min(size, least - 1));
    assert.ok(next > failure, 'one fewer is riskier than the experiment allows');
  });
});
