import assert from 'node:assert/strict';
import { patienceMs } from '../../../src/protocol/round/patience.ts';

describe('patience', () => {
  it('goes by turns: twice the pace in odd rounds, and up to any length in ever rarer ones', () => {
    const factors = [1, 2, 3, 4, 6, 8, 16, 48].map((round) => patienceMs(round, [100, 100, 100], 3) / 100);
    assert.deepEqual(factors, [2, 3, 2, 5, 3, 9, 17, 17]);
    assert.equal(patienceMs(0, [100, 100, 100], 3), Infinity, 'nothing is known in round 0');
  });

  it('costs as much again as the pace on average, whatever a slow worker takes', () => {
    for (const slowMs of [250, 900, 3100, 12_700]) {
      let waitedMs = 0;
      for (let round = 1; round <= 4096; round++)
        if (slowMs <= patienceMs(round, [100, 100, 100, 100], 4)) waitedMs += slowMs - 100;
      assert.ok(waitedMs / 4096 <= 100, `${waitedMs / 4096} ms a round for one that takes ${slowMs}`);
    }
  });

  it('takes the upper median for the pace, so that fewer than half set it neither below nor above all others', () => {
    const honest = [100, 120, 110];
    assert.equal(patienceMs(1, [...honest, 0, 0], 5), 200, 'two that are at once');
    assert.equal(patienceMs(1, [...honest, 9000, 9000], 5), 240, 'two that are late');
    assert.equal(patienceMs(1, [100, 900], 2), 1800, 'of two the slower one');
  });

  it('has no end while half of the cohort is unknown', () => {
    assert.equal(patienceMs(1, [100, 100], 4), Infinity);
    assert.equal(patienceMs(1, [100, 100, 100], 4), 200);
  });
});
