import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import * as tf from '@tensorflow/tfjs-core';
import { bytesOf } from '../../src/foundation/bytes.ts';
import { BACKEND_NAMES, type BackendName } from '../../src/training/backends/all-backends.ts';
import type { Backend } from '../../src/training/backends/backend.ts';
import { BackendUnavailable } from '../../src/training/backends/define-backend.ts';
import { startBackend } from '../../src/training/backends/start-backend.ts';
import type { Batch, Dataset } from '../../src/training/dataset.ts';
import type { GradientEngine } from '../../src/training/gradient-engine.ts';
import { initialParameters } from '../../src/training/initial-parameters.ts';
import { openMemoryDataset } from '../../src/training/memory-dataset.ts';
import { openTask } from '../../src/training/open-task.ts';
import type { Task } from '../../src/training/task.ts';
import { createGradientEngine } from '../../src/training/tensor-engine.ts';
import { worstFiniteDifference } from './finite-differences.ts';
import { MODEL_CASES, type ModelCase } from './model-cases.ts';

/** Relative to the gradient's largest coordinate (across back ends) or to its norm (against finite differences). */
const LARGEST_ERROR = 1e-4;
const LARGEST_FINITE_DIFFERENCE_ERROR = 2e-3;

/** Plain JavaScript needs minutes for finite differences of the larger models: it is checked against wasm alone. */
const SLOW: readonly BackendName[] = ['cpu', 'webgpu'];

interface Bench {
  readonly engine: GradientEngine;
  readonly task: Task;
  readonly dataset: Dataset;
  readonly parameters: Float32Array;
  readonly batch: Batch;
}

async function prepare(model: ModelCase, backend: Backend): Promise<Bench> {
  const dataset = openMemoryDataset(model.data);
  const task = await openTask(model.task, dataset);
  const engine = await createGradientEngine(task, dataset, backend);
  const batch = dataset.read([...Array(model.batch).keys()]);
  return { engine, task, dataset, parameters: initialParameters(task, 1), batch };
}

async function gradientOf({
  engine,
  parameters,
  batch,
}: Bench): Promise<{ loss: number; gradient: Float32Array }> {
  const gradient = new Float32Array(parameters.length);
  const { loss } = await engine.gradient(parameters, batch, gradient);
  return { loss, gradient };
}

function relativeError(actual: Float32Array, expected: Float32Array): number {
  const largest = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  return (
    actual.reduce((most, value, i) => Math.max(most, Math.abs(value - (expected[i] as number))), 0) / largest
  );
}

for (const name of BACKEND_NAMES) {
  describe(`back end ${name}`, () => {
    let backend: Backend;
    let wasm: Backend;

    before(async function () {
      try {
        wasm = await startBackend('wasm', { allowSoftware: false });
        // a software renderer counts only where the environment names one
        backend = await startBackend(name, { allowSoftware: process.env.VK_ICD_FILENAMES !== undefined });
      } catch (error) {
        if (!(error instanceof BackendUnavailable) || name === 'wasm' || name === 'cpu') throw error;
        process.stdout.write(`    skipped: ${error.message}\n`);
        this.skip();
      }
    });

    for (const model of MODEL_CASES) {
      it(`differentiates ${model.name}`, async function () {
        this.timeout(60_000);
        const bench = await prepare(model, backend);
        const { loss, gradient } = await gradientOf(bench);
        assert.ok(Number.isFinite(loss), `loss ${loss} is finite`);
        if (name !== 'wasm') {
          const reference = await gradientOf(await prepare(model, wasm));
          assert.ok(Math.abs(loss - reference.loss) < 1e-4, `loss ${loss}, on wasm ${reference.loss}`);
          const error = relativeError(gradient, reference.gradient);
          assert.ok(error < LARGEST_ERROR, `largest relative error against wasm ${error}`);
        }
        if (SLOW.includes(name)) return;
        const { error, parameter } = await worstFiniteDifference(
          bench.engine,
          bench.task,
          bench.parameters,
          bench.batch,
        );
        assert.ok(
          error < LARGEST_FINITE_DIFFERENCE_ERROR,
          `error ${error} in ${parameter} against differences`,
        );
      });
    }

    it('keeps its memory flat', async function () {
      this.timeout(60_000);
      const models = SLOW.includes(name) ? MODEL_CASES.slice(0, 3) : MODEL_CASES;
      for (const model of models) {
        const bench = await prepare(model, backend);
        const step = async (): Promise<void> => {
          await gradientOf(bench);
        };
        for (let i = 0; i < 3; i++) await step();
        const before = tf.memory();
        const steps = model.name !== 'mlp' ? 20 : name === 'webgpu' ? 50 : 1000;
        for (let i = 0; i < steps; i++) await step();
        await bench.engine.evaluate(bench.parameters, bench.dataset);
        await bench.engine.predict(bench.parameters, bench.batch.features, bench.batch.size);
        const after = tf.memory();
        assert.equal(after.numTensors, before.numTensors, `${model.name}: tensors after ${steps} steps`);
        assert.equal(after.numBytes, before.numBytes, `${model.name}: bytes after ${steps} steps`);
      }
    });

    it('evaluates in chunks of any size', async () => {
      for (const model of SLOW.includes(name) ? MODEL_CASES.slice(2, 3) : MODEL_CASES) {
        const { engine, parameters, dataset } = await prepare(model, backend);
        const [whole, pieces] = [
          await engine.evaluate(parameters, dataset),
          await engine.evaluate(parameters, dataset, { chunkSize: 7 }),
        ];
        assert.ok(
          Math.abs(whole.loss - pieces.loss) < 1e-4,
          `${model.name}: ${whole.loss} and ${pieces.loss}`,
        );
        assert.ok(Math.abs(whole.accuracy - pieces.accuracy) < 1e-6, `${model.name}: accuracies`);
        assert.equal(pieces.examples, dataset.size, `${model.name}: every example once`);
      }
    });
  });
}

const DIGEST_SCRIPT = fileURLToPath(new URL('./gradient-digest.ts', import.meta.url));

describe('determinism of wasm', () => {
  it('gives the same bytes twice and in another process', async function () {
    this.timeout(60_000);
    const wasm = await startBackend('wasm', { allowSoftware: false });
    const digests: string[] = [];
    for (const model of MODEL_CASES) {
      const bench = await prepare(model, wasm);
      const first = await gradientOf(bench);
      const second = await gradientOf(bench);
      assert.deepEqual(second, first, `${model.name}: the same bytes in the same thread`);
      digests.push(createHash('sha256').update(bytesOf(first.gradient)).digest('hex'));
    }
    const output = execFileSync(process.execPath, ['--import', 'tsx', DIGEST_SCRIPT], { encoding: 'utf8' });
    assert.deepEqual(output.trim().split('\n'), digests, 'the same bytes in another process');
  });
});
