import assert from 'node:assert/strict';
import { attemptMs, leavingMs, timeoutMs } from '../../../src/protocol/agreement/view-timeouts.ts';
import { configOf } from '../bench-peers.ts';

const { timing } = configOf();
const TIMING = { ...timing, collectMs: 1_000, proposeMs: 100, prevoteMs: 20, precommitMs: 3, growthMs: 10 };

describe('the time-outs of a view', () => {
  it('grow by the same amount with each view', () => {
    const of = (view: number) =>
      (['propose', 'prevote', 'precommit'] as const).map((step) => timeoutMs(TIMING, step, view));
    assert.deepEqual(of(0), [100, 20, 3]);
    assert.deepEqual(of(2), [120, 40, 23]);
  });

  it('let a slow clock propose in time for a quick one, in a late view', () => {
    const isInTime = (view: number, quick: number, slow: number): boolean => {
      const apartMs = (slow - quick) * leavingMs(TIMING, view);
      return apartMs < quick * timeoutMs(TIMING, 'propose', view + 1);
    };
    const views = Array.from({ length: 100 }, (_, view) => view);
    for (const [quick, slow] of [
      [0.6, 1.6],
      [1, 4],
    ] as const)
      assert.ok(
        views.some((view) => isInTime(view, quick, slow)),
        `clocks of ${quick} and ${slow}`,
      );
    assert.equal(leavingMs(TIMING, 0), 3);
    assert.equal(leavingMs(TIMING, 4), 13);
  });

  it('add up to the time of an attempt, with its collection', () => {
    assert.equal(attemptMs({ timing: TIMING, maxViews: 1 }), 1_123);
    assert.equal(attemptMs({ timing: TIMING, maxViews: 3 }), 1_000 + 123 + 153 + 183);
  });
});
