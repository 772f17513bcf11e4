/** A walk of local steps on the device against the same walk taken gradient by gradient. */
import * as tf from '@tensorflow/tfjs-core';
import assert from 'node:assert/strict';
import type { Sample } from '../../src/estimation/estimator.ts';
import { takeWalk } from '../../src/estimation/inner-steps.ts';
import { momentCount, type InnerOptimizer, type Walk } from '../../src/estimation/walk.ts';
import { sharedFloats } from '../../src/foundation/shared-memory.ts';
import { startBackend } from '../../src/training/backends/start-backend.ts';
import { chunksOf } from '../../src/training/chunks.ts';
import type { Dataset } from '../../src/training/dataset.ts';
import type { GradientEngine } from '../../src/training/gradient-engine.ts';
import { gradientOverExamples } from '../../src/training/gradient-over-examples.ts';
import { initialParameters } from '../../src/training/initial-parameters.ts';
import { openMemoryDataset } from '../../src/training/memory-dataset.ts';
import { openTask } from '../../src/training/open-task.ts';
import { createGradientEngine } from '../../src/training/tensor-engine.ts';
import { createTrainingPool } from '../../src/training/training-pool.ts';
import { TrainingError } from '../../src/training/training-error.ts';
import { clusters } from './toy-data.ts';

const DATA = clusters(700, [4, 5], 3);
const TASK = { kind: 'mlp', hidden: [16] } as const;
const ADAMW: InnerOptimizer = {
  ...{ kind: 'adamw' as const, learningRate: 0.01, beta1: 0.8, beta2: 0.9, epsilon: 1e-4, weightDecay: 0.1 },
};
const INNERS: Readonly<Record<string, InnerOptimizer>> = {
  SGD: { kind: 'sgd', learningRate: 0.1, momentum: 0 },
  'SGD with momentum': { kind: 'sgd', learningRate: 0.1, momentum: 0.9 },
  AdamW: ADAMW,
};
/** The second is cut into two chunks. */
const BATCHES = [
  Int32Array.from({ length: 20 }, (_, i) => i),
  Int32Array.from({ length: 600 }, (_, i) => i + 50),
  Int32Array.from({ length: 7 }, (_, i) => 3 * i),
];
const never = (): boolean => false;

for (const backend of ['cpu', 'wasm'] as const) {
  describe(`a walk of local steps on ${backend}`, () => {
    let engine: GradientEngine;
    let dataset: Dataset;
    let first: Float32Array;

    before(async () => {
      dataset = openMemoryDataset(DATA);
      const task = await openTask(TASK, dataset);
      first = initialParameters(task, 'walk');
      engine = await createGradientEngine(
        task,
        dataset,
        await startBackend(backend, { allowSoftware: true }),
      );
    });
    after(() => engine.close());

    const begin = (inner: InnerOptimizer, gradientClip: number | undefined): Walk => {
      const vector = (): Float32Array => sharedFloats(first.length);
      const position = vector();
      position.set(first);
      const moments = Array.from({ length: momentCount(inner) }, vector);
      return { inner, gradientClip, steps: 0, position, moments };
    };
    const samples = () => BATCHES.map((indices) => chunksOf(dataset, { indices }, engine.chunkSize));
    const oracle = {
      d: 0,
      gradient: async (parameters: Float32Array, sample: Sample) => {
        const out = new Float32Array(parameters.length);
        const indices = BATCHES[sample.kind === 'batch' ? sample.draw : 0] ?? [];
        await gradientOverExamples(engine, parameters, dataset, { indices }, out, never);
        return out;
      },
    };
    const draws = BATCHES.map((_, draw): Sample => ({ kind: 'batch', round: 0, draw }));

    for (const [name, inner] of Object.entries(INNERS)) {
      for (const clip of [undefined, 0.5]) {
        it(`goes where single gradients lead, twice: ${name}, ${clip === undefined ? 'unclipped' : 'clipped'}`, async () => {
          const [onDevice, here] = [begin(inner, clip), begin(inner, clip)];
          for (let again = 0; again < 2; again++) {
            onDevice.steps = here.steps;
            const losses = await engine.descend(onDevice, samples(), never);
            assert.equal(losses.length, BATCHES.length);
            await takeWalk(here, draws, oracle);
          }
          for (const [i, vector] of [onDevice.position, ...onDevice.moments].entries())
            isClose(vector, [here.position, ...here.moments][i] as Float32Array, `vector ${i}`);
          assert.ok(distance(onDevice.position, first) > 1e-3, 'it has moved');
        });
      }
    }

    it('leaves no tensor behind, and the walk alone where it is stopped', async () => {
      const walk = begin(ADAMW, 1);
      await engine.descend(walk, samples(), never);
      const tensors = tf.memory().numTensors;
      const [position, moment] = [walk.position.slice(), walk.moments[0]?.slice()];
      let asked = 0;
      const stopped = (): boolean => ++asked > 2;
      await assert.rejects(
        engine.descend({ ...walk, steps: 3 }, samples(), stopped),
        (error: unknown) => error instanceof TrainingError && error.code === 'aborted',
      );
      assert.deepEqual([walk.position.slice(), walk.moments[0]?.slice()], [position, moment]);
      await engine.descend({ ...walk, steps: 3 }, samples(), never);
      assert.equal(tf.memory().numTensors, tensors);
    });
  });
}

describe('a walk of local steps in a training thread', () => {
  it('is written to shared memory, and is not begun once it was given up', async () => {
    const pool = await createTrainingPool({
      task: TASK,
      datasets: { train: DATA },
      backend: 'cpu',
      workers: 1,
    });
    try {
      const position = sharedFloats(pool.parameterCount);
      const first = await pool.initialParameters('walk');
      position.set(first);
      const inner = INNERS.SGD as InnerOptimizer;
      const walk: Walk = { inner, gradientClip: undefined, steps: 0, position, moments: [] };
      const batches = BATCHES.map((indices) => ({ dataset: 'train', indices }));
      const losses = await pool.descend({ walk, batches });
      assert.ok(losses.length === 3 && losses.every(Number.isFinite), losses.join(' '));
      assert.ok(distance(position, first) > 1e-3, 'it has moved');
      const stop = AbortSignal.abort();
      await assert.rejects(pool.descend({ walk, batches, signal: stop }), { code: 'aborted' });
    } finally {
      await pool.close();
    }
  });
});

function distance(a: Float32Array, b: Float32Array): number {
  return Math.hypot(...a.map((x, i) => x - (b[i] as number)));
}

function isClose(actual: Float32Array, expected: Float32Array, what: string): void {
  const scale = Math.max(1e-3, Math.hypot(...expected));
  const error = distance(actual, expected) / scale;
  assert.ok(error < 2e-5, `${what}: relative error ${error}`);
}
