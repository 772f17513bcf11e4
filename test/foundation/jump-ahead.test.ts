import assert from 'node:assert/strict';
import { jumpAhead } from '../../src/foundation/jump-ahead.ts';
import { SeededRandom } from '../../src/foundation/seeded-random.ts';

describe('jump ahead', () => {
  const words = (state: readonly number[]) => state.map((word) => word >>> 0);

  it('is as many draws', () => {
    const random = new SeededRandom('jump');
    const start = random.state;
    let drawn = 0;
    for (const draws of [0, 1, 2, 3, 31, 1000, 65_536, 100_003]) {
      for (; drawn < draws; drawn++) random.nextUint32();
      assert.deepEqual(words(jumpAhead(start, draws)), words(random.state), `${draws} draws`);
    }
  });

  it('adds up over jumps that nobody could walk', () => {
    const start = new SeededRandom('far').state;
    const [a, b] = [2 ** 40 + 12_345, 2 ** 35 + 7];
    assert.deepEqual(jumpAhead(jumpAhead(start, a), b), jumpAhead(start, a + b));
    assert.throws(() => jumpAhead(start, 2 ** 49), /2\^49 draws/);
  });
});
