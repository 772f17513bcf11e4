import assert from 'node:assert/strict';
import { DoubtedClaims } from '../../../src/protocol/chain/doubted-claims.ts';

const INTERVAL_MS = 1_000;
const everyone = (): boolean => true;

/** Has a claim asked about in vain, and gives for how long its author is doubted. */
function doubtedMs(claims: DoubtedClaims, nowMs: number): number {
  claims.ask({ author: 'liar', round: 900 });
  claims.inVain(nowMs, INTERVAL_MS);
  let ms = 0;
  while (claims.isDoubted('liar', nowMs + ms)) ms += INTERVAL_MS;
  return ms;
}

describe('claims of later rounds', () => {
  it('are believed for twice as long a while less each time they come to nothing, up to a bound', () => {
    const claims = new DoubtedClaims();
    assert.ok(!claims.isDoubted('liar', 0), 'a first word is asked about');
    const whiles = [0, 1, 2, 3, 4, 5, 6, 7].map((i) => doubtedMs(claims, i * 1e6) / INTERVAL_MS);
    assert.deepEqual(whiles, [2, 4, 8, 16, 32, 64, 64, 64], 'in intervals');
    assert.ok(!claims.isDoubted('another', 0), 'others are not doubted');
  });

  it('are cleared by decisions that lead on, and by rounds that come', () => {
    const claims = new DoubtedClaims();
    doubtedMs(claims, 0);
    claims.ask({ author: 'liar', round: 5 });
    claims.borneOut();
    assert.ok(!claims.isDoubted('liar', 0), 'it was right');
    doubtedMs(claims, 0);
    claims.reached(899, everyone);
    assert.ok(claims.isDoubted('liar', 0), 'the round that it spoke of is still to come');
    claims.reached(900, everyone);
    assert.ok(!claims.isDoubted('liar', 0), 'there is such a round');
  });

  it('cost nobody anything where the round came before the answer, or nobody claimed anything', () => {
    const claims = new DoubtedClaims();
    claims.ask({ author: 'early bird', round: 5 });
    claims.reached(5, everyone);
    claims.inVain(0, INTERVAL_MS);
    claims.ask(undefined);
    claims.inVain(0, INTERVAL_MS);
    assert.equal(claims.size, 0, 'nobody is doubted');
  });

  it('are remembered of seats only', () => {
    const claims = new DoubtedClaims();
    doubtedMs(claims, 0);
    claims.reached(1, (peer) => peer !== 'liar');
    assert.equal(claims.size, 0, 'it lost its seat');
  });
});
