/** Where the learning rate of the Flag experiments falls. */
import assert from 'node:assert/strict';
import { decayedRate } from '../../../simulations/reproduce/flag-schedule.ts';
import { rateAt } from '../../../src/estimation/schedule.ts';

describe('the decay of the Flag experiments', () => {
  it('falls to a fifth every 10 epochs, and at the same shares of a shorter run', () => {
    const long = decayedRate(0.2, 1040, 40);
    const rates = [0, 259, 260, 519, 520, 780, 1039].map((step) => rateAt(long, step));
    const expected = [0.2, 0.2, 0.04, 0.04, 0.008, 0.0016, 0.0016];
    rates.forEach((rate, i) => assert.ok(Math.abs(rate - expected[i]!) < 1e-12, `${i}: ${rate}`));
    const short = decayedRate(0.2, 80, 40);
    for (const share of [0.1, 0.3, 0.6, 0.9]) {
      assert.equal(rateAt(short, 80 * share), rateAt(long, 1040 * share), `after ${share} of the run`);
    }
  });

  it('does not fall in a run of ten epochs', () => {
    assert.deepEqual(decayedRate(0.1, 50, 10), { kind: 'constant', rate: 0.1 });
    assert.deepEqual(decayedRate(0.1, 100, 20), {
      kind: 'milestones',
      rate: 0.1,
      milestones: [50],
      factor: 0.2,
    });
  });
});
