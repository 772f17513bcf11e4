import assert from 'node:assert/strict';
import { attemptMs, timeoutMs } from '../../../src/protocol/agreement/view-timeouts.ts';
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

  it('add up to the time of an attempt, with its collection', () => {
    assert.equal(attemptMs({ timing: TIMING, maxViews: 1 }), 1_123);
    assert.equal(attemptMs({ timing: TIMING, maxViews: 3 }), 1_000 + 123 + 153 + 183);
  });
});
