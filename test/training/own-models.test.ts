import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as layers from '@tensorflow/tfjs-layers';
import * as tf from '@tensorflow/tfjs-core';
import { OperatorError } from '../../src/foundation/operator-error.ts';
import { startBackend } from '../../src/training/backends/start-backend.ts';
import { initialParameters } from '../../src/training/initial-parameters.ts';
import { openMemoryDataset } from '../../src/training/memory-dataset.ts';
import { openTask } from '../../src/training/open-task.ts';
import { pinTask, taskDigest } from '../../src/training/task-digest.ts';
import { createGradientEngine } from '../../src/training/tensor-engine.ts';
import { TrainingError } from '../../src/training/training-error.ts';
import { createTrainingPool } from '../../src/training/training-pool.ts';
import { worstFiniteDifference } from './finite-differences.ts';
import { clusters } from './toy-data.ts';

const EXAMPLE = fileURLToPath(new URL('../../docs/examples/my-task/task.ts', import.meta.url));
const DATA = clusters(64, [8, 8, 2], 3);

describe('a model of the user', () => {
  let folder: string;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'synod-model-'));
    await startBackend('wasm', { allowSoftware: false });
  });
  after(() => rmSync(folder, { recursive: true }));

  /** Saves a small convolutional model as `tf.LayersModel.save` writes it. */
  async function saveModel(activation: 'softmax' | 'linear' | 'sigmoid'): Promise<string> {
    const model = layers.sequential({
      layers: [
        layers.layers.conv2d({ inputShape: [8, 8, 2], filters: 4, kernelSize: 3, activation: 'relu' }),
        layers.layers.separableConv2d({ filters: 5, kernelSize: 2 }),
        layers.layers.batchNormalization(),
        layers.layers.averagePooling2d({ poolSize: 2 }),
        layers.layers.flatten(),
        layers.layers.dense({ units: 3, activation }),
      ],
    });
    const path = join(folder, `${activation}.json`);
    await model.save(
      tf.io.withSaveHandler(async ({ modelTopology, weightSpecs, weightData }) => {
        const weights = [{ paths: [`${activation}.bin`], weights: weightSpecs }];
        writeFileSync(path, JSON.stringify({ modelTopology, weightsManifest: weights }));
        writeFileSync(join(folder, `${activation}.bin`), Buffer.from(weightData as ArrayBuffer));
        return { modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: 'JSON' } };
      }),
    );
    model.dispose();
    return path;
  }

  it('is read from model.json, begins with its weights and is differentiated', async () => {
    const dataset = openMemoryDataset(DATA);
    for (const activation of ['linear', 'softmax'] as const) {
      const path = await saveModel(activation);
      const task = await openTask({ kind: 'layers-model', path }, dataset);
      const parameters = initialParameters(task, 1);
      assert.deepEqual(
        initialParameters(task, 2),
        parameters,
        'the file decides the first parameters, not the seed',
      );
      assert.ok(
        parameters.some((value) => value !== 0),
        'weights were read',
      );
      const engine = await createGradientEngine(
        task,
        dataset,
        await startBackend('wasm', { allowSoftware: false }),
      );
      const batch = dataset.read([...Array(16).keys()]);
      const { error, parameter } = await worstFiniteDifference(engine, task, parameters, batch);
      assert.ok(error < 2e-3, `${activation}: error ${error} in ${parameter}`);
      const gradient = new Float32Array(parameters.length);
      const moved = Float32Array.from(parameters);
      const { loss } = await engine.gradient(moved, batch, gradient);
      for (let step = 0; step < 20; step++) {
        await engine.gradient(moved, batch, gradient);
        gradient.forEach((value, i) => (moved[i] = (moved[i] as number) - 0.02 * value));
      }
      const after = await engine.gradient(moved, batch, gradient);
      assert.ok(after.loss < 0.95 * loss, `${activation}: loss ${loss} falls, now ${after.loss}`);
    }
  });

  it('is refused in one sentence where it does not fit', async () => {
    const dataset = openMemoryDataset(DATA);
    const path = await saveModel('sigmoid');
    const refusals: readonly [Promise<unknown>, RegExp][] = [
      [openTask({ kind: 'layers-model', path }, dataset), /last activation .* must be linear or softmax/],
      [
        openTask({ kind: 'layers-model', path }, { ...dataset, classes: 4 }),
        /one score for each of 4 classes/,
      ],
      [
        openTask({ kind: 'layers-model', path }, { ...dataset, featureShape: [7] }),
        /must take the data's \[7\]/,
      ],
      [
        openTask({ kind: 'layers-model', path: join(folder, 'none.json') }, dataset),
        /must be a readable JSON file/,
      ],
      [openTask({ kind: 'task-module', path: join(folder, 'none.ts') }, dataset), /task module must exist/],
    ];
    for (const [opening, sentence] of refusals) {
      await assert.rejects(
        opening,
        (error) => error instanceof OperatorError && sentence.test(error.message),
        `${sentence}`,
      );
    }
  });

  it('has a digest that follows its files', async () => {
    const path = await saveModel('linear');
    const spec = { kind: 'layers-model', path } as const;
    const digest = taskDigest(spec);
    assert.match(digest ?? '', /^[0-9a-f]{64}$/);
    assert.equal(taskDigest(spec), digest, 'the same files');
    writeFileSync(join(folder, 'linear.bin'), Buffer.alloc(8));
    assert.notEqual(taskDigest(spec), digest, 'other weights');
    assert.equal(taskDigest({ kind: 'lenet' }), undefined, 'built-in models have none');
  });

  it('is not opened where its files changed since the experiment was read', async () => {
    const path = await saveModel('sigmoid');
    const spec = pinTask({ kind: 'layers-model', path }, folder);
    writeFileSync(join(folder, 'sigmoid.bin'), Buffer.alloc(8));
    await assert.rejects(
      openTask(spec, openMemoryDataset(DATA)),
      (error) =>
        error instanceof OperatorError && /the digest of .* must be .* as stated/.test(error.message),
      'other weights',
    );
  });

  it('is trained from a task module with data of its own, in a worker thread', async () => {
    const task = { kind: 'task-module', path: EXAMPLE } as const;
    const pool = await createTrainingPool({ task, datasets: {}, backend: 'wasm', workers: 1 });
    try {
      const parameters = await pool.initialParameters(1);
      const { loss } = await pool.gradient({ parameters, dataset: 'train', indices: [...Array(32).keys()] });
      assert.ok(loss > 0.5 && loss < 5, `untrained loss ${loss}`);
      assert.equal((await pool.describe('test')).classes, 3, 'its test split');
    } finally {
      await pool.close();
    }
  });

  it('takes only its own request down when its module ends the thread', async () => {
    const path = join(folder, 'crash.mjs');
    writeFileSync(
      path,
      `import * as tf from '@tensorflow/tfjs-core';
       const read = ({ length: size }) => ({ features: new Float32Array(size), labels: new Int32Array(size), size });
       const data = { name: 'zeros', size: 8, featureShape: [1], featureType: 'float32', labelShape: [], classes: 2,
         read, label: () => 0 };
       const loss = ([w], { size }) => (size === 5 ? process.exit(3) : tf.sum(w));
       export default { name: 'crash', parameters: [{ name: 'w', shape: [1], init: { kind: 'zeros' } }], loss,
         metrics: ([w]) => ({ loss: tf.sum(w) }), data: { open: () => data } };`,
    );
    const pool = await createTrainingPool({
      task: { kind: 'task-module', path },
      datasets: {},
      backend: 'wasm',
      workers: 1,
    });
    try {
      const parameters = await pool.initialParameters(1);
      for (const attempt of [1, 2]) {
        await assert.rejects(
          pool.gradient({ parameters, dataset: 'train', indices: [0, 1, 2, 3, 4] }),
          (error) => error instanceof TrainingError && error.code === 'worker-crashed',
          `attempt ${attempt} gets a typed error`,
        );
      }
      assert.equal((await pool.describe('train')).size, 8, 'another thread answers');
    } finally {
      await pool.close();
    }
  });
});
