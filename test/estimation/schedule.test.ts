import assert from 'node:assert/strict';
import { parseSchedule, rateAt } from '../../src/estimation/schedule.ts';

function rates(value: unknown, steps: readonly number[]): number[] {
  const schedule = parseSchedule(value, 'learningRate');
  return steps.map((step) => Number(rateAt(schedule, step).toFixed(6)));
}

describe('learning rate schedule', () => {
  it('follows each kind', () => {
    assert.deepEqual(rates(0.1, [0, 100]), [0.1, 0.1], 'constant');
    assert.deepEqual(
      rates({ kind: 'linear', rate: 1, warmup: 4, steps: 14, floor: 0.5 }, [0, 3, 4, 9, 14, 99]),
      [0.25, 1, 1, 0.75, 0.5, 0.5],
      'linear',
    );
    assert.deepEqual(
      rates({ kind: 'milestones', rate: 1, milestones: [2, 5], factor: 0.1 }, [1, 2, 4, 5]),
      [1, 0.1, 0.1, 0.01],
      'milestones',
    );
    assert.deepEqual(rates({ kind: 'inverse-sqrt', rate: 2 }, [0, 3]), [2, 1], 'inverse square root');
  });

  it('refuses the impossible', () => {
    assert.throws(() => parseSchedule(0, 'lr'), /lr must be a number above 0, got 0/);
    assert.throws(
      () => parseSchedule({ kind: 'milestones', rate: 1, milestones: [5, 2] }, 'lr'),
      /lr\.milestones must be/,
    );
    assert.throws(() => parseSchedule({ kind: 'cosine', rate: 1 }, 'lr'), /lr\.kind must be one of/);
  });
});
