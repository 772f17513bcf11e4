import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as layers from '@tensorflow/tfjs-layers';
import * as tf from '@tensorflow/tfjs-core';
import { invalidField, OperatorError } from '../../src/foundation/operator-error.ts';
import { startBackend } from '../../src/training/backends/start-backend.ts';
import { initialParameters } from '../../src/training/initial-parameters.ts';
import { openMemoryDataset } from '../../src/training/memory-dataset.ts';
import { openTaskData } from '../../src/training/open-data.ts';
import { openTask } from '../../src/training/open-task.ts';
import type { Task } from '../../src/training/task.ts';
import { pinTask, taskDigest } from '../../src/training/task-digest.ts';
import { TaskRunner } from '../../src/training/task-runner.ts';
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

  /**
   * Saves a small convolutional model as `tf.LayersModel.save` writes it. Its weights are the same each time: where a
   * ReLU switches within the step of a finite difference depends on them.
   */
  async function saveModel(activation: 'softmax' | 'linear' | 'sigmoid'): Promise<string> {
    const drawn = (seed: number) => layers.initializers.glorotUniform({ seed });
    const model = layers.sequential({
      layers: [
        layers.layers.conv2d({
          inputShape: [8, 8, 2],
          filters: 4,
          kernelSize: 3,
          activation: 'relu',
          kernelInitializer: drawn(1),
        }),
        layers.layers.separableConv2d({
          filters: 5,
          kernelSize: 2,
          depthwiseInitializer: drawn(2),
          pointwiseInitializer: drawn(3),
        }),
        layers.layers.batchNormalization(),
        layers.layers.averagePooling2d({ poolSize: 2 }),
        layers.layers.flatten(),
        layers.layers.dense({ units: 3, activation, kernelInitializer: drawn(4) }),
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
        /cannot read .*none\.json: it does not exist/,
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

  it('of one label an example is not made of texts', async () => {
    const text = { featureShape: [4], featureType: 'int32', labelShape: [4], classes: 5 } as const;
    for (const spec of [
      { kind: 'mlp', hidden: [4] },
      { kind: 'logistic-regression', form: 'softmax' },
      { kind: 'lenet' },
      { kind: 'resnet-18' },
    ] as const) {
      await assert.rejects(
        openTask(spec, text),
        (error) =>
          error instanceof OperatorError && /must have one label an example \(of texts/.test(error.message),
        spec.kind,
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

  it('is named where what it says of its data is wrong: that is no field of the experiment', async () => {
    const path = join(folder, 'other-label.ts');
    const open = (): never => {
      throw invalidField('data.label', 'be a column', 'nope');
    };
    const task = { parameters: [], loss: open, metrics: open, data: { open } } as unknown as Task;
    await assert.rejects(openTaskData(task, path, 'train'), {
      name: 'OperatorError',
      message: `the task module ${path}: data.label must be a column, got "nope"`,
    });
  });

  describe('whose code goes wrong in a round', () => {
    const moduleWith = (name: string, hook: string): string => {
      const path = join(folder, `${name}.ts`);
      writeFileSync(
        path,
        `import * as tf from '@tensorflow/tfjs-core';
        import { defineTask } from 'synod/task';
        let calls = 0;
        const set = { name: 'ones', size: 6, featureShape: [2], featureType: 'float32', labelShape: [], classes: 3,
          read: ({ length: size }) =>
            ({ features: new Float32Array(2 * size).fill(1), labels: new Int32Array(size), size }),
          label: () => 0 };
        const loss = ([w], { features }) => {
          calls += 1;
          ${hook}
          return tf.mean(tf.matMul(features, w));
        };
        export default defineTask({
          parameters: [{ name: 'w', shape: [2, 3], init: { kind: 'zeros' } }],
          loss,
          metrics: (p, batch) => ({ loss: tf.mean(tf.matMul(batch.features, p[0])) }),
          data: { open: () => set },
        });`,
      );
      return path;
    };
    const options = (path: string) => ({
      task: { kind: 'task-module' as const, path },
      datasets: {},
      backend: 'cpu' as const,
      workers: 1,
      hookLimitMs: 1000,
    });
    const FOREVER = 'for (;;) calls += 1;';

    it('is named with what it throws, as a sentence for the operator', async () => {
      const path = moduleWith('throws', `if (calls > 8) throw new Error('boom in my loss');`);
      const pool = await createTrainingPool(options(path));
      try {
        const parameters = await pool.initialParameters(1);
        const request = { parameters, dataset: 'train', indices: [0, 1] };
        const many = async () => {
          for (let i = 0; i < 12; i++) await pool.gradient(request);
        };
        await assert.rejects(many, {
          name: 'OperatorError',
          message: `the task module ${path} throws in loss or data: boom in my loss`,
        });
        await pool.evaluate({ parameters, dataset: 'test' });
      } finally {
        await pool.close();
      }
    });

    it('is ended where it never comes back, in the trial or later', async function () {
      this.timeout(120_000);
      const endless = {
        name: 'OperatorError',
        message: /must come back .* run for 1 s \(an endless loop\?\)$/,
      };
      await assert.rejects(
        createTrainingPool(options(moduleWith('trial', FOREVER))),
        endless,
        'in the trial',
      );
      const importing = join(folder, 'import.ts');
      writeFileSync(importing, 'for (;;);');
      await assert.rejects(createTrainingPool(options(importing)), endless, 'while it is imported');
      for (const [name, open, fault] of [
        ['open', 'open: () => { for (;;); }', endless],
        ['open-test', "open: (split) => { if (split === 'train') return set; for (;;); }", endless],
        ['never', 'open: () => new Promise(() => {})', /it awaits what nothing brings/],
      ] as const) {
        const path = moduleWith(name, '');
        writeFileSync(path, readFileSync(path, 'utf8').replace('open: () => set', open));
        const stored = (split: 'train' | 'test') =>
          ({ kind: 'stored', spec: { name: 'task' }, split }) as const;
        const datasets = { train: stored('train'), test: stored('test') };
        await assert.rejects(createTrainingPool({ ...options(path), datasets }), fault, name);
      }
      const pool = await createTrainingPool(options(moduleWith('later', `if (calls > 8) ${FOREVER}`)));
      try {
        const parameters = await pool.initialParameters(1);
        const many = async () => {
          for (let i = 0; i < 12; i++) await pool.gradient({ parameters, dataset: 'train', indices: [0] });
        };
        await assert.rejects(many, endless, 'in a round');
        assert.equal((await pool.initialParameters(1)).length, 6, 'another thread takes the next request');
      } finally {
        await pool.close();
      }
    });
  });

  it('is refused by one sentence that names what is wrong with its module', async () => {
    const common = `
      import * as tf from '@tensorflow/tfjs-core';
      import { crossEntropy, defineTask, type Batch, type Task, type TensorBatch } from 'synod/task';
      const read = ({ length: size }: ArrayLike<number>): Batch =>
        ({ features: new Float32Array(2 * size).fill(1), labels: new Int32Array(size), size });
      const set = { name: 'ones', size: 6, featureShape: [2], featureType: 'float32' as const, labelShape: [],
        classes: 3, read, label: () => 0 };
      const parameters = [{ name: 'w', shape: [2, 3], init: { kind: 'he-normal' as const, fanIn: 2 } }];
      const scores = ([w]: readonly tf.Tensor[], { features }: TensorBatch) => tf.matMul(features, w!);
      const loss: Task['loss'] = (p, batch) => crossEntropy(scores(p, batch), batch.labels);
      const metrics: Task['metrics'] = (p, batch) => ({ loss: loss(p, batch) });
      const data = { open: () => set };
      const good = { parameters, loss, metrics, data };`;
    const open = async (name: string, code: string): Promise<unknown> => {
      const path = join(folder, `${name}.ts`);
      writeFileSync(path, code);
      const task = { kind: 'task-module', path } as const;
      const runner = await TaskRunner.start({ task, datasets: {}, backend: 'cpu', lost: [] });
      runner.engine.close();
      return runner.task.parameters.map((parameter) => parameter.name);
    };
    assert.deepEqual(await open('good', `${common} export default defineTask(good);`), ['w'], 'a good task');
    const w = `name: 'w', shape: [2, 3]`;
    const wrong: readonly (readonly [code: string, sentence: RegExp])[] = [
      ['export const task = good;', /must export a task as its default, .* got undefined$/],
      ['export default 3;', /must export a task as its default, .* got number$/],
      ['export default { ...good, parameters: [] };', /must define parameters as a list .* got \[\]$/],
      [
        `export default { ...good, parameters: [{ name: 'w', shape: [2.5] }] };`,
        /must give parameters\[0\] \("w"\) a shape of whole numbers above 0, got \[2.5\]$/,
      ],
      [
        `const most = (name) => ({ name, shape: [2 ** 30], init: { kind: 'zeros' } });
         export default { ...good, parameters: [most('a'), most('b')] };`,
        /must have at most 2\^30 parameters in all, got 2147483648$/,
      ],
      [
        `export default { ...good, parameters: [{ ${w}, init: 'zeros' }] };`,
        /an init of kind .*, got "zeros"$/,
      ],
      [`export default { ...good, parameters: [{ ${w}, init: { kind: 'he-normal' } }] };`, /a fanIn above 0/],
      [
        'export default { ...good, parameters: [...parameters, ...parameters] };',
        /different names, got "w" twice$/,
      ],
      ['export default { ...good, loss: 1 };', /must define loss as a function, got 1$/],
      ['export default { ...good, metrics: undefined };', /must define metrics as a function/],
      [
        'export default { ...good, data: undefined };',
        /must define data, or the experiment must name a data set$/,
      ],
      ['export default { ...good, data: { open: () => ({ ...set, size: 0 }) } };', /a size above 0, got 0$/],
      [
        `export default { ...good, data: { open: () => { throw new Error('no disk'); } } };`,
        /throws in data.open\('train'\): no disk$/,
      ],
      [
        'export default { ...good, data: { open: () => ({ ...set, featureShape: [3] }) } };',
        /must read 3 features an example as .*featureShape says, got 2$/,
      ],
      [
        `export default { ...good, data: { open: () => ({ ...set, read: (i: number[]) => ({ ...read(i),
           labels: new Int32Array(i.length).fill(3) }) }) } };`,
        /must have labels from 0 to 2 in data.open\('train'\), got 3$/,
      ],
      [`export default { ...good, loss: () => { throw new Error('boom'); } };`, /throws in loss: boom$/],
      ['export default { ...good, loss: () => 0 };', /must return a tensor from loss, got number$/],
      ['export default { ...good, loss: scores };', /must return a scalar from loss, .* got shape \[4, 3\]$/],
      [
        'export default { ...good, loss: (p, b) => tf.mul(loss(p, b), NaN) };',
        /must have a finite loss at its first parameters, got NaN$/,
      ],
      [
        `export default { ...good, parameters: [...parameters, { name: 'v', shape: [2], init: { kind: 'zeros' } }] };`,
        /must use every parameter in loss, got no gradient for "v"$/,
      ],
      [
        'export default { ...good, metrics: () => ({ accuracy: tf.scalar(1) }) };',
        /the metric loss, got accuracy$/,
      ],
      [
        'export default { ...good, metrics: (p, b) => ({ loss: scores(p, b) }) };',
        /as the metric loss, got shape/,
      ],
      [`throw new Error('at once');`, /does not load: at once$/],
      ['const x: = 1;', /does not load: .*Unexpected "="$/],
      [`import 'nowhere-to-be-found';`, /does not load: Cannot find package 'nowhere-to-be-found'/],
    ];
    const outcomes = await Promise.all(
      wrong.map(async ([code], i) => {
        try {
          await open(`wrong-${i}`, `${common} ${code}`);
          return 'it was taken';
        } catch (error) {
          return error instanceof OperatorError ? error.message : `no OperatorError: ${String(error)}`;
        }
      }),
    );
    wrong.forEach(([code, sentence], i) => {
      assert.match(outcomes[i] as string, sentence, code);
      assert.match(outcomes[i] as string, /^the task module .*wrong-\d+\.ts /, 'names the module');
    });
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
