import assert from 'node:assert/strict';
import { Checkers } from '../../simulations/checkers.ts';
import type { RoundReport } from '../../src/protocol/effect.ts';
import { configOfSeven, SEVEN } from '../protocol/bench-peers.ts';

const [VOIDED, STANDS] = ['11'.repeat(32), '22'.repeat(32)];

/** A decision of round 0 as a peer reports it. */
function decided(checkers: Checkers, peer: string, attempt: number, stateDigest: string): void {
  const report = {
    round: 0,
    attempt,
    view: 0,
    anchor: 'aa'.repeat(32),
    stateDigest,
    servingSize: SEVEN.length,
  };
  checkers.decided(peer, report as unknown as RoundReport);
}

/** Five of seven are on a value of attempt 1; then the sixth adopts another one of an attempt. */
function sixthAdopts(attempt: number): Checkers {
  const checkers = new Checkers(configOfSeven(), SEVEN);
  for (const peer of SEVEN.slice(0, 5)) decided(checkers, peer, 1, STANDS);
  decided(checkers, SEVEN[5], attempt, VOIDED);
  return checkers;
}

describe('checkers', () => {
  it('let a peer adopt what a higher attempt has voided, before it hears of that, if it steps back', () => {
    const checkers = sixthAdopts(0);
    assert.deepEqual(checkers.violations, [], 'nobody has told it');
    checkers.reported(SEVEN[5], { event: 'stepped-back', fromRound: 1, toRound: 0 });
    decided(checkers, SEVEN[5], 1, STANDS);
    checkers.compareChains();
    assert.deepEqual(checkers.violations, [], 'it went over to the others');
  });

  it('see where it does not step back', () => {
    const checkers = sixthAdopts(0);
    checkers.compareChains();
    assert.equal(checkers.violations.length, 1, 'two states at the end');
  });

  it('see a value of the same attempt or a later one beside what more than two thirds adopted', () => {
    assert.ok(
      sixthAdopts(1).violations.some((said) => said.includes('certified for')),
      'certified twice',
    );
    assert.ok(
      sixthAdopts(2).violations.some((said) => said.includes('more than two thirds')),
      'too late',
    );
  });
});
