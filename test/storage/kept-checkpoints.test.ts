import assert from 'node:assert/strict';
import { MOST_CHECKPOINTS_KEPT, historyStart, keptCheckpoints } from '../../src/storage/kept-checkpoints.ts';

describe('kept checkpoints', () => {
  it('reach back far enough at every moment, and are few', () => {
    for (const interval of [1, 3, 5, 8, 10, 16, 17, 100]) {
      let kept = [0];
      for (let newest = interval; newest < 40 * interval; newest += interval) {
        kept = [...keptCheckpoints([...kept, newest], undefined, 16)];
        assert.ok(kept.includes(newest), `interval ${interval}: the newest, ${newest}`);
        assert.ok(kept.includes(newest - interval), `interval ${interval}: the one before ${newest}`);
        const back = Math.max(0, newest - 16);
        assert.ok(
          kept.some((round) => round <= back),
          `interval ${interval}: ${back} can be replayed from ${kept.join()}`,
        );
        assert.ok(
          Math.min(...kept) > newest - 16 - 2 * Math.max(16, interval) || Math.min(...kept) === 0,
          `interval ${interval}: nothing much older than needed: ${kept.join()}`,
        );
        assert.ok(kept.length < MOST_CHECKPOINTS_KEPT, `interval ${interval}: ${kept.length} are kept`);
      }
    }
  });

  it('let a restart begin as far back as others may ask, but not at the start of a long history', () => {
    assert.equal(historyStart([0, 10, 20, 30], 35, 10, 16), 10, 'the newest that is far enough back');
    assert.equal(historyStart([20, 30], 31, 10, 16), 20, 'the oldest where none is');
    assert.equal(historyStart([1_000, 2_000], 2_005, 1_000, 16), 1_000, 'checkpoints far apart');
    assert.equal(
      historyStart([0, 9_000], 9_001, 1_000, 16),
      9_000,
      'a late joiner does not check all rounds again',
    );
    assert.equal(historyStart([], 0, 10), undefined, 'none');
  });

  it('are one more where somebody fetches an older one', () => {
    const rounds = [0, 10, 20, 30, 40, 50];
    const usual = keptCheckpoints(rounds, undefined, 16);
    assert.ok(!usual.has(10) && usual.size < MOST_CHECKPOINTS_KEPT);
    assert.deepEqual(keptCheckpoints(rounds, 10, 16), new Set([...usual, 10]));
    assert.deepEqual(keptCheckpoints(rounds, 50, 16), usual, 'one that stays anyway');
    assert.deepEqual(keptCheckpoints(rounds, 7, 16), usual, 'one that is not there');
  });

  it('are all there is where there are few', () => {
    assert.deepEqual([...keptCheckpoints([])], []);
    assert.deepEqual([...keptCheckpoints([0])], [0]);
    assert.deepEqual([...keptCheckpoints([0, 10], undefined, 16)].sort(), [0, 10]);
  });
});
