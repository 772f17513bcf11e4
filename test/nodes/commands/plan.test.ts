import assert from 'node:assert/strict';
import { makePlan, printPlan } from '../../../nodes/commands/plan-report.ts';
import { OperatorError } from '../../../src/foundation/operator-error.ts';

const INPUT = {
  peers: 100,
  byzantine: 20,
  failure: 1e-6,
  rounds: 1000,
  committee: undefined,
  cohort: 16,
  contributionBytes: 262_144,
  updateBytes: 524_288,
  inlineBytes: 65_536,
};

describe('plan', () => {
  it('plans the least committee for the chance asked for', () => {
    const { committee, sizes, steering, notDefended } = makePlan({ ...INPUT, peers: 400, byzantine: 80 });
    assert.deepEqual(
      sizes.map(({ target }) => target),
      [1e-3, 1e-6, 1e-9],
      'three targets, and the one asked for only once',
    );
    assert.ok(committee !== null && committee.failure <= 1e-6, 'good enough');
    assert.equal(committee.size, sizes[1]?.size, 'the same as in the table');
    assert.ok(committee.failureOverRun > 900 * committee.failure, 'a run is worse than a round');
    assert.ok(committee.failureWithRedraws > committee.failure, 'redraws count');
    assert.equal(committee.attempts.at(-1)?.size, 400, 'up to the whole roster');
    assert.deepEqual(steering, { withstands: 16, chance: (80 / 320) ** 16 }, 'what changes buy');
    assert.ok(notDefended.length >= 5, 'says what is not defended');
  });

  it('says that nothing helps against a third', () => {
    const report = makePlan({ ...INPUT, byzantine: 34 });
    assert.equal(report.committee, null, 'no committee');
    assert.match(printPlan(report), /none is large enough/, 'in the table');
    assert.match(printPlan(report), /third or more of the roster/, 'and in words');
  });

  it('counts bytes that grow with the committee for members only', () => {
    const traffic = (committee: number, peers = 1000) => makePlan({ ...INPUT, peers, committee }).traffic;
    const [small, large, more] = [traffic(10), traffic(40), traffic(10, 4000)];
    assert.ok(small !== null && large !== null && more !== null);
    assert.ok(large.memberReceives > small.memberReceives, 'a member');
    assert.ok(large.certificateBytes > 27 * 64 && large.certificateBytes < 27 * 64 + 200, '27 signatures');
    assert.equal(more.everyPeerReceives, small.everyPeerReceives, 'not with the roster');
    assert.ok(small.everyPeerReceives > INPUT.updateBytes, 'the update is in it');
  });

  it('refuses what makes no sense, in one sentence', () => {
    for (const wrong of [
      { peers: 0 },
      { peers: 1.5 },
      { byzantine: 100 },
      { byzantine: -1 },
      { failure: 0 },
      { failure: 1 },
      { failure: NaN },
      { rounds: 0 },
      { cohort: 101 },
      { committee: 101 },
      { contributionBytes: 0 },
    ]) {
      assert.throws(
        () => makePlan({ ...INPUT, ...wrong }),
        (error) => error instanceof OperatorError && /^--[a-z-]+ must be/.test(error.message),
        JSON.stringify(wrong),
      );
    }
  });
});
