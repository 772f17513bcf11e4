import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FieldError, OperatorError } from '../../src/foundation/operator-error.ts';
import { startBackend } from '../../src/training/backends/start-backend.ts';
import { parseDatasetSpec, type DatasetSpec } from '../../src/training/data/dataset-spec.ts';
import { openMemoryDataset } from '../../src/training/memory-dataset.ts';
import { openTask } from '../../src/training/open-task.ts';
import { initialParameters } from '../../src/training/initial-parameters.ts';
import type { TaskSpec } from '../../src/training/task-spec.ts';
import { createGradientEngine } from '../../src/training/tensor-engine.ts';
import { TrainingError } from '../../src/training/training-error.ts';
import { createTrainingPool } from '../../src/training/training-pool.ts';
import type { TrainingPool } from '../../src/training/training-requests.ts';
import { clusters } from './toy-data.ts';

const TASK: TaskSpec = { kind: 'mlp', hidden: [16] };
const DATA = clusters(600, [4, 5], 3);

function hasCode(code: TrainingError['code']) {
  return (error: unknown): boolean => error instanceof TrainingError && error.code === code;
}

describe('training pool', () => {
  let pool: TrainingPool;

  before(async () => {
    pool = await createTrainingPool({ task: TASK, datasets: { train: DATA }, backend: 'wasm', workers: 2 });
  });
  after(() => pool.close());

  it('describes its task and data', async () => {
    assert.equal(pool.parameterCount, 20 * 16 + 16 + 16 * 3 + 3, 'weights and biases of 20-16-3');
    assert.deepEqual(
      pool.task.parameters.map(({ shape }) => shape),
      [[20, 16], [16], [16, 3], [3]],
      'shapes in order',
    );
    const { size, classes, featureShape } = await pool.describe('train');
    assert.deepEqual({ size, classes, featureShape }, { size: 600, classes: 3, featureShape: [4, 5] });
  });

  it('gives the same bytes as an engine in this thread', async () => {
    const dataset = openMemoryDataset(DATA);
    const task = await openTask(TASK, dataset);
    const parameters = initialParameters(task, 7);
    assert.deepEqual(
      await pool.initialParameters(7),
      parameters,
      'initial parameters do not depend on the thread',
    );
    const engine = await createGradientEngine(
      task,
      dataset,
      await startBackend('wasm', { allowSoftware: true }),
    );
    const expected = new Float32Array(engine.parameterCount);
    const { loss } = await engine.gradient(parameters, dataset.read([3, 1, 4, 1, 5]), expected);
    const indices = [3, 1, 4, 1, 5];
    const result = await pool.gradient({ parameters, dataset: 'train', indices });
    assert.equal(result.loss, loss, 'the same loss');
    assert.deepEqual(result.gradient, expected, 'the same gradient');
    const out = new Float32Array(new SharedArrayBuffer(4 * engine.parameterCount));
    const inPlace = await pool.gradient({ parameters, dataset: 'train', indices, out });
    assert.equal(inPlace.gradient, out, 'shared memory is written in place');
    assert.deepEqual([...out], [...expected], 'with the same values');
  });

  it('averages chunks to the gradient of the whole set', async () => {
    const parameters = await pool.initialParameters(1);
    const whole = await pool.gradient({ parameters, dataset: 'train', indices: 'all' });
    const halves = await pool.gradients({
      parameters,
      batches: [0, 1].map((half) => ({
        dataset: 'train',
        indices: Array.from({ length: 300 }, (_, i) => 300 * half + i),
      })),
    });
    const mean = (halves[0]?.loss ?? NaN) / 2 + (halves[1]?.loss ?? NaN) / 2;
    assert.ok(Math.abs(whole.loss - mean) < 1e-5, `${whole.loss} is the mean of the halves' losses`);
    whole.gradient.forEach((value, i) => {
      const expected = ((halves[0]?.gradient[i] as number) + (halves[1]?.gradient[i] as number)) / 2;
      assert.ok(Math.abs(value - expected) < 1e-5, `coordinate ${i}: ${value}, halves give ${expected}`);
    });
  });

  it('trains on reversed labels where asked to', async () => {
    const parameters = await pool.initialParameters(1);
    const dataset = openMemoryDataset(DATA);
    const indices = [...Array(60).keys()];
    const flipped = await pool.gradient({
      parameters,
      dataset: 'train',
      indices,
      poison: { kind: 'reversed-labels' },
    });
    const task = await openTask(TASK, dataset);
    const engine = await createGradientEngine(
      task,
      dataset,
      await startBackend('wasm', { allowSoftware: true }),
    );
    const batch = dataset.read(indices);
    const expected = new Float32Array(engine.parameterCount);
    await engine.gradient(parameters, { ...batch, labels: batch.labels.map((label) => 2 - label) }, expected);
    assert.deepEqual(flipped.gradient, expected, 'class c is trained as classes - 1 - c');
  });

  it('learns', async () => {
    const parameters = new Float32Array(new SharedArrayBuffer(4 * pool.parameterCount));
    parameters.set(await pool.initialParameters(1));
    const before = await pool.evaluate({ parameters, dataset: 'train' });
    for (let step = 0; step < 30; step++) {
      const indices = Array.from({ length: 32 }, (_, i) => (step * 32 + i) % DATA.labels.length);
      const { gradient } = await pool.gradient({ parameters, dataset: 'train', indices });
      gradient.forEach((value, i) => (parameters[i] = (parameters[i] as number) - 0.1 * value));
    }
    const after = await pool.evaluate({ parameters, dataset: 'train' });
    assert.ok(before.accuracy < 0.9, `untrained accuracy ${before.accuracy}`);
    assert.ok(after.accuracy > 0.98 && after.loss < 0.3, `accuracy ${after.accuracy}, loss ${after.loss}`);
  });

  it('rejects aborted requests at once, waiting or running, and goes on', async () => {
    const parameters = await pool.initialParameters(1);
    const controller = new AbortController();
    const batches = Array.from({ length: 2000 }, () => ({ dataset: 'train', indices: 'all' as const }));
    const running = pool.gradients({ parameters, batches, signal: controller.signal });
    const waiting = pool.gradients({ parameters, batches, signal: controller.signal });
    controller.abort();
    await assert.rejects(running, hasCode('aborted'), 'the running request');
    await assert.rejects(waiting, hasCode('aborted'), 'the waiting request');
    await assert.rejects(
      pool.gradient({ parameters, dataset: 'train', indices: [0], signal: controller.signal }),
      hasCode('aborted'),
      'a signal that was aborted before',
    );
    assert.ok(
      (await pool.gradient({ parameters, dataset: 'train', indices: [0] })).loss > 0,
      'the next request',
    );
  });

  it('answers an error of the engine with a typed error', async () => {
    const parameters = await pool.initialParameters(1);
    await assert.rejects(
      pool.gradient({ parameters: parameters.subarray(1), dataset: 'train', indices: [0] }),
      hasCode('engine-failed'),
      'too few parameters',
    );
    await assert.rejects(
      pool.gradient({ parameters, dataset: 'elsewhere', indices: [0] }),
      (error: Error) => error.message.includes('dataset must be one of train'),
      'an unknown data set',
    );
    assert.ok(
      (await pool.evaluate({ parameters, dataset: 'train' })).examples === 600,
      'the thread lives on',
    );
  });

  it('rejects what is under way when it is closed', async () => {
    const other = await createTrainingPool({
      task: TASK,
      datasets: { train: DATA },
      backend: 'wasm',
      workers: 1,
    });
    const parameters = await other.initialParameters(1);
    const batches = Array.from({ length: 2000 }, () => ({ dataset: 'train', indices: 'all' as const }));
    const running = assert.rejects(other.gradients({ parameters, batches }), hasCode('closed'), 'running');
    await other.close();
    await running;
    await assert.rejects(other.initialParameters(1), hasCode('closed'), 'after the close');
  });

  it('opens stored data sets in its threads', async () => {
    const spec = { kind: 'stored', spec: parseDatasetSpec('glyphs', 'data'), split: 'train' } as const;
    const other = await createTrainingPool({
      task: TASK,
      datasets: { train: spec },
      backend: 'wasm',
      workers: 1,
    });
    try {
      const { classes } = await other.describe('train');
      const parameters = await other.initialParameters(1);
      const { loss } = await other.gradient({ parameters, dataset: 'train', indices: [...Array(64).keys()] });
      assert.ok(Math.abs(loss - Math.log(classes)) < 1.5, `untrained loss ${loss} is near that of a guess`);
    } finally {
      await other.close();
    }
  });

  it('tells which field is at fault where its threads find out', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'synod-pool-'));
    writeFileSync(join(folder, 'rows.csv'), 'a,b,y\n1,2,0\n3,4,1\n5,6,0\n7,8,1\n');
    const described = { name: 'csv', dir: folder, file: 'rows.csv', header: true, testShare: 0.5 };
    const spec = { ...parseDatasetSpec({ ...described, label: 'y' }, 'data'), label: 'nope' } as DatasetSpec;
    try {
      const pool = createTrainingPool({
        task: TASK,
        datasets: { train: { kind: 'stored', spec, split: 'train' } },
        backend: 'cpu',
        workers: 1,
      });
      await assert.rejects(
        pool.then((opened) => opened.describe('train').finally(() => opened.close())),
        (error: unknown) => error instanceof FieldError && error.fault.field === 'data.label',
        'so that a flag that filled the field can be named',
      );
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('refuses a back end that cannot be used, in one sentence', async () => {
    await assert.rejects(
      createTrainingPool({ task: TASK, datasets: {}, backend: 'wasm' }),
      (error: unknown) => error instanceof OperatorError && error.message === 'the task needs a data set',
    );
  });
});
