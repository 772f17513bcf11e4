import assert from 'node:assert/strict';
import { repeatedExamples } from '../../src/learning/repeated-examples.ts';

describe('repeated examples', () => {
  it('are told where a batch is larger than what some peer has', () => {
    assert.equal(repeatedExamples(20, 20), undefined);
    assert.equal(
      repeatedExamples(1000, 20),
      'batchSize, 1000, is more than the 20 examples of the peer that has the fewest: a batch of it holds examples more than once',
    );
  });
});
