import assert from 'node:assert/strict';
import { measureBias, type Aim } from '../../simulations/beacon-bias.ts';
import { committeeFailure } from '../../src/committee/committee-size.ts';

const PARTS = { peers: 40, byzantine: 10, committee: 13, rounds: 6000, seed: 1 };

describe('withheld beacon proofs', () => {
  const measure = (aim: Aim) => measureBias({ ...PARTS, aim });

  it('without withholding, committees are as the hypergeometric distribution says', () => {
    const { share, lost, firstProposer, declined } = measure('none');
    const expected = committeeFailure(PARTS.peers, PARTS.byzantine, PARTS.committee);
    assert.ok(Math.abs(share - 0.25) < 0.006, `share ${share}, not 10 / 40`);
    assert.ok(Math.abs(firstProposer - 0.25) < 0.025, `first proposer ${firstProposer}`);
    assert.ok(Math.abs(lost - expected) < 0.02, `lost ${lost}, not ${expected}`);
    assert.equal(declined, 0, 'nobody declines');
  });

  it('gains something, and no more than the bound that plan counts with', () => {
    const honest = measure('none');
    const third = measure('third');
    const bound = honest.lost / (1 - PARTS.byzantine / PARTS.peers);
    assert.ok(third.lost > honest.lost + 0.01, `${third.lost} above ${honest.lost}`);
    assert.ok(third.lost < bound + 0.02, `${third.lost}, at most ${bound}`);
    const members = measure('members');
    assert.ok(members.share > honest.share + 0.005, `more members: ${members.share}`);
    const proposers = measure('proposers');
    assert.ok(proposers.firstProposer > honest.firstProposer + 0.03, `${proposers.firstProposer}`);
    assert.ok(third.declined > 0.1, 'by declining');
  });
});
