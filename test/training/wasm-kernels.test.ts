import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { SeededRandom } from '../../src/foundation/seeded-random.ts';
import { startBackend } from '../../src/training/backends/start-backend.ts';
import { gelu } from '../../src/training/operations/gelu.ts';
import { layerNorm } from '../../src/training/operations/row-norm.ts';

function values(count: number, seed: number): Float32Array {
  const random = new SeededRandom(seed, 'kernels');
  return Float32Array.from({ length: count }, () => random.nextNormal());
}

function extent(shape: readonly number[]): number {
  return shape.reduce((product, one) => product * one, 1);
}

/** Runs the same operations on wasm and in plain JavaScript; the largest difference relative to the largest value. */
async function difference(operations: () => tf.Tensor[]): Promise<number> {
  const run = async (backend: string): Promise<Float32Array[]> => {
    await tf.setBackend(backend);
    const outputs = tf.tidy(operations);
    const arrays = outputs.map((output) => Float32Array.from(output.dataSync()));
    tf.dispose(outputs);
    return arrays;
  };
  const [actual, expected] = [await run('wasm'), await run('cpu')];
  let worst = 0;
  expected.forEach((array, i) => {
    const largest = array.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-6);
    assert.equal(actual[i]?.length, array.length, 'as many values');
    array.forEach((value, j) => {
      worst = Math.max(worst, Math.abs(value - (actual[i]?.[j] as number)) / largest);
    });
  });
  return worst;
}

describe('wasm kernels', () => {
  before(async () => {
    await startBackend('cpu', { allowSoftware: false });
    await startBackend('wasm', { allowSoftware: false });
  });

  it('clone a tensor without a copy, and keep its values for as long as a clone is there', async () => {
    await tf.setBackend('wasm');
    const x = tf.tensor1d(values(1000, 3));
    const { numDataBuffers } = tf.memory();
    const [first, second] = [x.clone(), x.clone()];
    assert.equal(tf.memory().numDataBuffers, numDataBuffers);
    tf.dispose([x, first]);
    const other = tf.tensor1d(values(1000, 4));
    assert.deepEqual(second.dataSync(), values(1000, 3));
    tf.dispose([second, other]);
    assert.equal(tf.memory().numDataBuffers, numDataBuffers - 1);
  });

  it('multiply matrices of any shape, transposed or not', async () => {
    const side = fc.integer({ min: 1, max: 40 });
    const property = fc.asyncProperty(
      side,
      side,
      side,
      fc.boolean(),
      fc.boolean(),
      async (m, n, k, ta, tb) => {
        const a = values(m * k, 1);
        const b = values(k * n, 2);
        const error = await difference(() => [
          tf.matMul(tf.tensor2d(a, ta ? [k, m] : [m, k]), tf.tensor2d(b, tb ? [n, k] : [k, n]), ta, tb),
        ]);
        assert.ok(error < 1e-5, `${m} x ${k} x ${n}, ${ta}, ${tb}: ${error}`);
      },
    );
    await fc.assert(property, { numRuns: 60, seed: 1 });
  });

  it('multiply matrices larger than their blocks', async () => {
    for (const [m, n, k] of [
      [7, 600, 300],
      [230, 9, 700],
      [101, 17, 257],
    ] as const) {
      for (const ta of [false, true]) {
        const error = await difference(() => [
          tf.matMul(
            tf.tensor2d(values(m * k, 3), ta ? [k, m] : [m, k]),
            tf.tensor2d(values(k * n, 4), ta ? [n, k] : [k, n]),
            ta,
            ta,
          ),
        ]);
        assert.ok(error < 1e-5, `${m} x ${k} x ${n}, ${ta}: ${error}`);
      }
    }
  });

  it('multiply batches of matrices, and one matrix with a batch', async () => {
    const error = await difference(() => {
      const a = tf.tensor3d(values(3 * 4 * 5, 5), [3, 4, 5]);
      const one = tf.tensor3d(values(5 * 6, 6), [1, 5, 6]);
      return [tf.matMul(a, one), tf.matMul(a, a, true, false), tf.matMul(a, a, false, true)];
    });
    assert.ok(error < 1e-5, `largest difference ${error}`);
  });

  const geometry = fc.record({
    size: fc.integer({ min: 1, max: 3 }),
    height: fc.integer({ min: 5, max: 9 }),
    width: fc.integer({ min: 5, max: 9 }),
    from: fc.integer({ min: 1, max: 6 }),
    to: fc.integer({ min: 1, max: 9 }),
    kernel: fc.integer({ min: 1, max: 4 }),
    stride: fc.integer({ min: 1, max: 2 }),
    pad: fc.constantFrom('same', 'valid', 1),
  });

  it('convolve, forward and backward', async () => {
    const property = fc.asyncProperty(
      geometry,
      async ({ size, height, width, from, to, kernel, stride, pad }) => {
        const shape: [number, number, number, number] = [size, height, width, from];
        const error = await difference(() => {
          const x = tf.tensor4d(values(extent(shape), 7), shape);
          const filter = tf.tensor4d(values(kernel * kernel * from * to, 8), [kernel, kernel, from, to]);
          const f = (a: tf.Tensor, b: tf.Tensor): tf.Scalar => {
            const y = tf.conv2d(a as tf.Tensor4D, b as tf.Tensor4D, stride, pad as 'same');
            return tf.sum(tf.mul(y, tf.tensor(values(y.size, 9), y.shape)));
          };
          const { value, grads } = tf.valueAndGrads(f)([x, filter]);
          return [value, ...grads];
        });
        assert.ok(error < 1e-4, `largest difference ${error}`);
      },
    );
    await fc.assert(property, { numRuns: 40, seed: 2 });
  });

  it('convolve 3 x 3 with many channels, where the work is cut into pieces of 2 x 2 outputs', async () => {
    for (const pad of ['same', 'valid'] as const) {
      for (const [height, width] of [
        [11, 13],
        [12, 10],
      ] as const) {
        const shape: [number, number, number, number] = [6, height, width, 16];
        const error = await difference(() => {
          const x = tf.tensor4d(values(extent(shape), 7), shape);
          const filter = tf.tensor4d(values(9 * 16 * 20, 8), [3, 3, 16, 20]);
          const y = tf.conv2d(x, filter, 1, pad);
          const dy = tf.tensor(values(y.size, 9), y.shape);
          const f = (a: tf.Tensor, b: tf.Tensor): tf.Scalar =>
            tf.sum(tf.mul(tf.conv2d(a as tf.Tensor4D, b as tf.Tensor4D, 1, pad), dy));
          return [y, ...tf.grads(f)([x, filter])];
        });
        assert.ok(error < 2e-5, `${pad}, ${height} x ${width}: largest difference ${error}`);
      }
    }
  });

  it('convolve with dilation', async () => {
    const error = await difference(() => {
      const x = tf.tensor4d(values(2 * 9 * 8 * 3, 7), [2, 9, 8, 3]);
      const filter = tf.tensor4d(values(3 * 3 * 3 * 5, 8), [3, 3, 3, 5]);
      return [tf.conv2d(x, filter, 1, 'same', 'NHWC', 2)];
    });
    assert.ok(error < 1e-5, `largest difference ${error}`);
  });

  it('give depthwise convolutions their gradients', async () => {
    for (const [stride, multiplier] of [
      [1, 1],
      [2, 2],
    ] as const) {
      const error = await difference(() => {
        const x = tf.tensor4d(values(2 * 7 * 6 * 3, 10), [2, 7, 6, 3]);
        const filter = tf.tensor4d(values(3 * 3 * 3 * multiplier, 11), [3, 3, 3, multiplier]);
        const f = (a: tf.Tensor, b: tf.Tensor): tf.Scalar => {
          const y = tf.depthwiseConv2d(a as tf.Tensor4D, b as tf.Tensor4D, stride, 'same');
          return tf.sum(tf.mul(y, tf.tensor(values(y.size, 12), y.shape)));
        };
        return tf.grads(f)([x, filter]);
      });
      assert.ok(error < 1e-4, `stride ${stride}: largest difference ${error}`);
    }
  });

  it('send the gradient of a maximum to its place, in windows that overlap or hang over', async () => {
    const property = fc.asyncProperty(geometry, async ({ size, height, width, from, kernel, stride }) => {
      const shape: [number, number, number, number] = [size, height, width, from];
      const error = await difference(() => {
        const x = tf.tensor4d(values(extent(shape), 13), shape);
        const f = (a: tf.Tensor): tf.Tensor => tf.maxPool(a as tf.Tensor4D, kernel + 1, stride, 'same');
        const y = f(x);
        return [tf.grad(f)(x, tf.tensor(values(y.size, 14), y.shape))];
      });
      assert.ok(error < 1e-5, `largest difference ${error}`);
    });
    await fc.assert(property, { numRuns: 25, seed: 3 });
  });

  it('add rows by number, leaving out numbers beyond the table', async () => {
    await tf.setBackend('wasm');
    const sums = tf.tidy(() =>
      tf
        .unsortedSegmentSum(
          tf.tensor2d([1, 2, 3, 4, 5, 6, 7, 8], [4, 2]),
          tf.tensor1d([2, 0, 2, 5], 'int32'),
          3,
        )
        .arraySync(),
    );
    assert.deepEqual(
      sums,
      [
        [3, 4],
        [0, 0],
        [6, 8],
      ],
      'rows 0 and 2 meet in segment 2, row 3 has none',
    );
  });

  it('have an exponential that is right over its whole range', async () => {
    await tf.setBackend('wasm');
    const inputs = Float32Array.from({ length: 2001 }, (_, i) => (i - 1000) / 100);
    const outputs = tf.tidy(() => gelu(tf.tensor1d(inputs)).dataSync());
    inputs.forEach((x, i) => {
      const exact = (x / 2) * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)));
      assert.ok(Math.abs((outputs[i] as number) - exact) < 2e-6 * Math.max(1, Math.abs(x)), `gelu(${x})`);
    });
  });

  it('normalise rows far from zero without losing their spread', async () => {
    await tf.setBackend('wasm');
    const rows = tf.tidy(() => {
      const x = tf.add(tf.tensor2d([-1, 0, 1, 2, -2, 0, 0, 2], [2, 4]), 1000);
      return layerNorm(x, tf.ones([4]), tf.zeros([4])).arraySync() as number[][];
    });
    for (const row of rows) {
      const mean = row.reduce((sum, value) => sum + value, 0) / 4;
      const variance = row.reduce((sum, value) => sum + value * value, 0) / 4;
      assert.ok(Math.abs(mean) < 1e-5 && Math.abs(variance - 1) < 1e-3, `mean ${mean}, variance ${variance}`);
    }
  });
});
