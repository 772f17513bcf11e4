import assert from 'node:assert/strict';
import { measureSteering, type Draw, type Steering, type Strategy } from '../../simulations/steering.ts';
import { committeeFailure, redrawFactor } from '../../src/committee/committee-size.ts';

const PARTS = { peers: 40, byzantine: 10, committee: 13, seed: 1, horizon: 5, tries: 16 };
const HONEST = committeeFailure(PARTS.peers, PARTS.byzantine, PARTS.committee);
const BOUND = HONEST * redrawFactor(PARTS.peers, PARTS.byzantine);

describe('steering of the draws', function () {
  this.timeout(60_000);
  const measure = (strategy: Strategy, draw: Draw, rounds: number): Steering =>
    measureSteering({ ...PARTS, aim: 'third', strategy, draw, rounds });

  it('without an adversary, committees are as the hypergeometric distribution says', () => {
    const { share, lost, firstProposer, declined, changes } = measure('none', 'protocol', 3000);
    // three standard errors of independent draws
    assert.ok(Math.abs(share - 0.25) < 0.006, `share ${share}, not 10 / 40`);
    assert.ok(Math.abs(firstProposer - 0.25) < 0.025, `first proposer ${firstProposer}`);
    assert.ok(Math.abs(lost - HONEST) < 0.02, `lost ${lost}, not ${HONEST}`);
    assert.deepEqual([declined, changes], [0, 0], 'nobody does anything');
  });

  it('by withholding, planned five rounds ahead, gains something and no more than plan counts with', () => {
    const { lost, declined } = measure('withhold', 'protocol', 3000);
    assert.ok(lost > HONEST + 0.01, `${lost} above ${HONEST}`);
    assert.ok(lost < BOUND, `${lost}, at most ${BOUND}`);
    assert.ok(declined > 0.1, 'by declining');
  });

  it('by joins and leaves gains nothing, where a draw that took them in at once would be lost', () => {
    const rounds = 600;
    // standard error 0.02 at most
    const plain = measure('joins', 'protocol', rounds);
    assert.ok(plain.changes > 5, `they try: ${plain.changes} changes a round`);
    assert.ok(Math.abs(plain.lost - HONEST) < 0.06, `${plain.lost}, by chance ${HONEST}`);
    const all = measure('all', 'protocol', rounds);
    assert.ok(all.lost < BOUND + 0.06, `all of it: ${all.lost}, the bound ${BOUND}`);
    const atOnce = measure('joins', 'at-once', rounds);
    assert.ok(atOnce.lost > 0.9, `at once: ${atOnce.lost}`);
    const shuffled = measure('leaves', 'shuffled', rounds);
    assert.ok(shuffled.lost > HONEST + 0.15, `shuffled, by leaves alone: ${shuffled.lost}`);
  });
});
