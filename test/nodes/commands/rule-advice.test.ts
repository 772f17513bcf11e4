import assert from 'node:assert/strict';
import { adviseRule, printAdvice, type RankedRule } from '../../../nodes/commands/rule-advice.ts';

function rulesOf(n: number, f: number): readonly RankedRule[] {
  return adviseRule(n, f).settings[0]?.rules ?? [];
}

describe('plan --rules', () => {
  it('takes the stored runs whose share of attackers is the least that is not below', () => {
    const measured = (n: number, f: number) => adviseRule(n, f).measured.f;
    assert.deepEqual([measured(10, 2), measured(16, 4), measured(20, 8)], [2, 3, 4]);
    assert.match(printAdvice(adviseRule(16, 7)), /No run has as large a share of attackers as 7 of 16/);
    assert.doesNotMatch(printAdvice(adviseRule(16, 4)), /No run has as large a share/);
  });

  it('ranks by the worst attack among what ran under the most, and says over how many attacks and seeds', () => {
    const rules = rulesOf(10, 3);
    assert.ok(rules.length > 1);
    const most = Math.max(...rules.map(({ attacks }) => attacks));
    for (const [i, { worst, attacks, seeds, calm }] of rules.entries()) {
      const before = rules[i - 1];
      assert.ok(attacks < most || before === undefined || before.attacks === most, 'few attacks come last');
      if (before !== undefined && (before.attacks === most) === (attacks === most)) {
        assert.ok(worst <= before.worst, 'best first');
      }
      assert.ok(attacks >= 1 && seeds >= 1);
      assert.ok(Number.isNaN(calm) || calm >= worst, 'nobody does better for being attacked');
    }
  });

  it('leaves out what does not bear so many', () => {
    for (const { setting, rules } of adviseRule(16, 8).settings) assert.deepEqual(rules, [], setting);
    assert.match(printAdvice(adviseRule(16, 8)), /No rule bears half of its inputs/);
  });

  it('warns of rules whose step does not depend on the length of gradients, where they are shown', () => {
    assert.match(printAdvice(adviseRule(10, 3)), /^flag.*: .*one rate is not one step/m);
    assert.doesNotMatch(printAdvice(adviseRule(16, 8)), /one rate/);
  });

  it('names the default, and what each rule costs for this n', () => {
    const advice = adviseRule(20, 4);
    assert.match(printAdvice(advice), /names no rule: arc \+ nnm \+ trimmed-mean\./);
    const price = (n: number) =>
      rulesOf(n, 4).find(({ rule }) => rule === advice.default)?.productsPerNumber ?? NaN;
    assert.ok(price(40) > price(20), 'mixing grows with n');
  });
});
