import assert from 'node:assert/strict';
import { KeysByRound } from '../../src/storage/keys-by-round.ts';

describe('keys by round', () => {
  it('are listed once, and follow what is written', async () => {
    let listed = 0;
    const keys = new KeysByRound(() => {
      listed += 1;
      return Promise.resolve([
        [1, 'a'],
        [3, 'b'],
        [3, 'c'],
      ] as const);
    });
    assert.deepEqual(await keys.below(1), []);
    assert.deepEqual(await keys.below(4), ['a', 'b', 'c']);
    keys.wrote(2, 5, ['d', 'e']);
    assert.deepEqual(await keys.below(6), ['b', 'c', 'd', 'e'], 'what was below 2 is gone');
    keys.wrote(6, 2, ['old']);
    assert.deepEqual(await keys.below(9), ['old'], 'what a write brought is there, whatever it dropped');
    assert.equal(listed, 1);
  });
});
