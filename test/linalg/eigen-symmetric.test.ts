import assert from 'node:assert/strict';
import fc from 'fast-check';
import { SeededRandom } from '../../src/foundation/seeded-random.ts';
import { eigenSymmetric } from '../../src/linalg/eigen-symmetric.ts';

function randomSymmetric(n: number, seed: number, scale = 1): Float64Array {
  const random = new SeededRandom(seed, 'symmetric', n);
  const a = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) a[i * n + j] = a[j * n + i] = random.nextNormal() * scale;
  }
  return a;
}

/** Largest entries of A V - V diag(values) and of V'V - I. */
function residuals(
  a: Float64Array,
  n: number,
): { readonly equation: number; readonly orthogonality: number } {
  const { values, vectors } = eigenSymmetric(a, n);
  let equation = 0;
  let orthogonality = 0;
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) {
      let av = 0;
      let vv = 0;
      for (let k = 0; k < n; k++) {
        av += a[i * n + k]! * vectors[k * n + j]!;
        vv += vectors[k * n + i]! * vectors[k * n + j]!;
      }
      equation = Math.max(equation, Math.abs(av - values[j]! * vectors[i * n + j]!));
      orthogonality = Math.max(orthogonality, Math.abs(vv - (i === j ? 1 : 0)));
    }
  }
  return { equation, orthogonality };
}

describe('symmetric eigen-decomposition', () => {
  it('solves a matrix worked by hand', () => {
    const { values, vectors } = eigenSymmetric(Float64Array.of(2, 1, 1, 2), 2);
    assert.ok(Math.abs(values[0]! - 1) < 1e-15 && Math.abs(values[1]! - 3) < 1e-15, 'eigenvalues 1 and 3');
    const half = Math.sqrt(0.5);
    [half, half, -half, half].forEach((x, i) =>
      assert.ok(Math.abs(Math.abs(vectors[i]!) - Math.abs(x)) < 1e-15, `entry ${i} of the vectors`),
    );
  });

  it('satisfies the equation with orthonormal vectors, ascending, for n up to 96', () => {
    for (const n of [1, 2, 3, 4, 7, 16, 33, 96]) {
      const a = randomSymmetric(n, 1);
      const { equation, orthogonality } = residuals(a, n);
      assert.ok(equation < 1e-13 * n, `n ${n}: A V = V L to ${equation}`);
      assert.ok(orthogonality < 1e-14 * n, `n ${n}: V'V = I to ${orthogonality}`);
      const { values } = eigenSymmetric(a, n);
      assert.deepEqual(
        [...values],
        [...values].sort((x, y) => x - y),
        `n ${n}: ascending`,
      );
    }
  });

  it('takes zero, diagonal, singular and repeated spectra', () => {
    assert.deepEqual([...eigenSymmetric(new Float64Array(9), 3).values], [0, 0, 0], 'zero matrix');
    const diagonal = Float64Array.of(3, 0, 0, 0, -1, 0, 0, 0, 2);
    assert.deepEqual([...eigenSymmetric(diagonal, 3).values], [-1, 2, 3], 'diagonal, sorted');
    const ones = new Float64Array(25).fill(1);
    const { values } = eigenSymmetric(ones, 5);
    assert.ok(Math.abs(values[4]! - 5) < 1e-14, 'all ones: one eigenvalue n');
    assert.ok(
      [0, 1, 2, 3].every((i) => Math.abs(values[i]!) < 1e-14),
      'all ones: the others 0',
    );
    assert.ok(residuals(ones, 5).orthogonality < 1e-14, 'orthonormal although singular');
    assert.deepEqual([...eigenSymmetric(new Float64Array(0), 0).values], [], 'n = 0');
  });

  it('keeps its accuracy at the ends of the range', () => {
    for (const scale of [2 ** -500, 2 ** -300, 2 ** 300, 2 ** 500]) {
      const plain = eigenSymmetric(randomSymmetric(6, 2), 6);
      const scaled = eigenSymmetric(randomSymmetric(6, 2, scale), 6);
      assert.deepEqual(
        [...scaled.vectors],
        [...plain.vectors],
        'scaling by a power of two changes no vector',
      );
      assert.deepEqual(
        [...scaled.values].map((x) => x / scale),
        [...plain.values],
        'values scale along',
      );
    }
  });

  it('keeps trace and Frobenius norm (property)', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 12 }), fc.nat(), (n, seed) => {
        const a = randomSymmetric(n, seed);
        const { values } = eigenSymmetric(a, n);
        const trace = a.reduce((sum, x, i) => (i % (n + 1) === 0 ? sum + x : sum), 0);
        const squares = a.reduce((sum, x) => sum + x * x, 0);
        const sum = values.reduce((total, x) => total + x, 0);
        const sumOfSquares = values.reduce((total, x) => total + x * x, 0);
        assert.ok(Math.abs(trace - sum) < 1e-12 * (1 + squares), `trace ${trace}, sum ${sum}`);
        assert.ok(Math.abs(squares - sumOfSquares) < 1e-12 * (1 + squares), 'Frobenius norm');
      }),
      { numRuns: 50 },
    );
  });
});
