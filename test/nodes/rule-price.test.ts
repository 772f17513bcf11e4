/** The price that `synod check` tells is the number of passes that a pipeline makes. */
import assert from 'node:assert/strict';
import { rulePrice } from '../../nodes/rule-price.ts';
import { parsePipeline } from '../../src/aggregation/pipeline.ts';

describe('the price of a rule', () => {
  it('counts passes over the contributions and products a number, for n = 10', () => {
    const exact = { name: 'geometric-median', iterations: 'converge' };
    const cases: [unknown, passes: number, products: number][] = [
      ['mean', 1, 1],
      ['median', 1, 0],
      ['krum', 2, 6.5],
      [{ rule: exact }, 2, 6.5],
      [{ pre: ['nnm'], rule: exact }, 2, 6.5],
      [{ pre: ['nnm'], rule: 'trimmed-mean' }, 2, 15.5],
      [{ pre: ['arc', 'nnm'], rule: 'trimmed-mean' }, 2, 15.5],
      [{ rule: 'ctma', base: 'median' }, 3, 2],
      [{ rule: 'ctma', base: 'geometric-median' }, 2, 6.5],
    ];
    for (const [pipeline, passes, productsPerNumber] of cases) {
      assert.deepEqual(
        rulePrice(parsePipeline(pipeline, 'aggregation'), 10),
        { passes, productsPerNumber },
        JSON.stringify(pipeline),
      );
    }
  });
});
