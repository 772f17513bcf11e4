import assert from 'node:assert/strict';
import fc from 'fast-check';
import { exactExp, exactLog } from '../../src/foundation/exact-math.ts';
import { SeededRandom } from '../../src/foundation/seeded-random.ts';

describe('seeded random', () => {
  it('repeats for the same seed and labels, and differs for others', () => {
    const draws = (...labels: string[]) => {
      const random = new SeededRandom(7, ...labels);
      return Array.from({ length: 8 }, () => random.nextUint32());
    };
    assert.deepEqual(draws('batch'), draws('batch'), 'same path, same stream');
    assert.notDeepEqual(draws('batch'), draws('shard'), 'other label, other stream');
    assert.notDeepEqual(draws('a', 'b'), draws('ab'), 'labels are framed, not concatenated');
  });

  it('keeps its first draws for ever, since runs are replayed by seed', () => {
    const random = new SeededRandom('synod');
    assert.deepEqual(
      [random.nextUint32(), random.nextUint32(), random.next(), random.nextNormal()],
      [2174341236, 249284051, 0.5310035928866225, 0.08599770059772217],
    );
  });

  it('draws below a bound, without leaving any value out', () => {
    const random = new SeededRandom(1);
    const seen = new Set(Array.from({ length: 300 }, () => random.nextBelow(7)));
    assert.deepEqual([...seen].sort(), [0, 1, 2, 3, 4, 5, 6], 'all seven values');
  });

  it('samples distinct indices', () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 1, max: 60 }), fc.nat(60), (seed, n, wanted) => {
        const count = Math.min(n, wanted);
        const picked = new SeededRandom(seed).sample(n, count);
        assert.equal(new Set(picked).size, count, 'distinct');
        assert.ok(
          picked.every((i) => i >= 0 && i < n),
          'in range',
        );
      }),
    );
  });

  it('has normal draws of mean 0 and variance 1', () => {
    const random = new SeededRandom(3);
    const draws = Array.from({ length: 20_000 }, () => random.nextNormal());
    const mean = draws.reduce((sum, x) => sum + x, 0) / draws.length;
    const variance = draws.reduce((sum, x) => sum + (x - mean) ** 2, 0) / draws.length;
    assert.ok(Math.abs(mean) < 0.03, `mean ${mean}`);
    assert.ok(Math.abs(variance - 1) < 0.05, `variance ${variance}`);
  });
});

describe('exact logarithm', () => {
  it('agrees with Math.log to rounding', () => {
    fc.assert(
      fc.property(fc.double({ min: Number.MIN_VALUE, max: Number.MAX_VALUE, noNaN: true }), (x) => {
        const expected = Math.log(x);
        assert.ok(Math.abs(exactLog(x) - expected) <= 4e-16 * Math.max(1, Math.abs(expected)), `log ${x}`);
      }),
    );
  });
});

describe('exact exponential', () => {
  it('agrees with Math.exp to rounding', () => {
    fc.assert(
      fc.property(fc.double({ min: -708, max: 709.7, noNaN: true }), (x) => {
        const expected = Math.exp(x);
        assert.ok(Math.abs(exactExp(x) / expected - 1) <= 6e-16, `exp ${x}: ${exactExp(x)}, not ${expected}`);
      }),
      { numRuns: 5000 },
    );
  });

  it('is right at its edges', () => {
    for (const [x, expected] of [
      [0, 1],
      [-Infinity, 0],
      [-709, 0],
      [Infinity, Infinity],
      [710, Infinity],
      [NaN, NaN],
    ] as const) {
      assert.equal(exactExp(x), expected, `exp ${x}`);
    }
  });
});
