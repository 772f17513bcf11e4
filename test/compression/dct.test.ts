import assert from 'node:assert/strict';
import { cosineTable, restoreChunk, transformChunk } from '../../src/compression/dct.ts';
import { exactCosPi } from '../../src/foundation/exact-math.ts';
import { SeededRandom } from '../../src/foundation/seeded-random.ts';

describe('exact cosine', () => {
  it('agrees with Math.cos, and is exact where cosines are rational', () => {
    for (const q of [1, 2, 3, 7, 64, 128, 1000]) {
      for (let p = -3 * q; p <= 3 * q; p++) {
        const expected = Math.cos((Math.PI * p) / q);
        assert.ok(Math.abs(exactCosPi(p, q) - expected) < 2e-15, `cos(pi ${p}/${q}) = ${expected}`);
      }
    }
    assert.deepEqual([exactCosPi(0, 5), exactCosPi(1, 1), exactCosPi(3, 2), exactCosPi(2, 1)], [1, -1, 0, 1]);
  });
});

describe('discrete cosine transform', () => {
  it('has an orthonormal table', () => {
    for (const size of [2, 5, 64]) {
      const table = cosineTable(size);
      for (let a = 0; a < size; a++) {
        for (let b = 0; b < size; b++) {
          let product = 0;
          for (let i = 0; i < size; i++) product += table[a * size + i]! * table[b * size + i]!;
          assert.ok(Math.abs(product - (a === b ? 1 : 0)) < 1e-13, `rows ${a}, ${b} of ${size}`);
        }
      }
    }
  });

  it('is inverted by its transpose', () => {
    const random = new SeededRandom(4);
    const size = 24;
    const chunk = Float32Array.from({ length: size }, () => random.nextNormal());
    const [coefficients, back] = [new Float32Array(size), new Float32Array(size)];
    const table = cosineTable(size);
    transformChunk(table, size, chunk, coefficients);
    restoreChunk(table, size, Uint32Array.from(chunk.keys()), coefficients, 0, back);
    const part = new Float32Array(5);
    restoreChunk(table, size, Uint32Array.from(chunk.keys()), coefficients, 7, part);
    assert.deepEqual(part, back.subarray(7, 12), 'a part of it');
    back.forEach((value, i) => assert.ok(Math.abs(value - chunk[i]!) < 1e-6, `coordinate ${i}`));
  });

  it('turns a constant chunk into its first coefficient', () => {
    const out = new Float32Array(4);
    transformChunk(cosineTable(4), 4, Float32Array.of(1, 1, 1, 1), out);
    assert.deepEqual(
      [...out].map((x) => (Math.abs(Math.fround(x * 1e6) / 1e6) < 1e-12 ? 0 : x)),
      [2, 0, 0, 0],
    );
  });
});
