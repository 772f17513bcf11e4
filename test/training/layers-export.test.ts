import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import * as layers from '@tensorflow/tfjs-layers';
import { SeededRandom } from '../../src/foundation/seeded-random.ts';
import { startBackend } from '../../src/training/backends/start-backend.ts';
import { writeLayersModel } from '../../src/training/layers-export.ts';
import { openMemoryDataset } from '../../src/training/memory-dataset.ts';
import { openTask } from '../../src/training/open-task.ts';
import { createGradientEngine } from '../../src/training/tensor-engine.ts';
import { layoutOf, type DataShape } from '../../src/training/task.ts';
import type { TaskSpec } from '../../src/training/task-spec.ts';
import { TemporaryFolder } from './data/temporary-folder.ts';

const IMAGES: DataShape = { featureShape: [12, 12, 1], featureType: 'float32', labelShape: [], classes: 3 };
const ROWS: DataShape = { ...IMAGES, featureShape: [5] };
const LENET_IMAGES: DataShape = { ...IMAGES, featureShape: [16, 16] };

/** Loads a model from disk as a stranger would: model.json and the weights that its manifest names. */
async function loadModel(dir: string): Promise<layers.LayersModel> {
  const document = JSON.parse(readFileSync(join(dir, 'model.json'), 'utf8')) as {
    modelTopology: object;
    weightsManifest: { paths: string[]; weights: tf.io.WeightsManifestEntry[] }[];
  };
  const group = document.weightsManifest[0]!;
  const bytes = readFileSync(join(dir, group.paths[0]!));
  return layers.loadLayersModel(
    tf.io.fromMemory({
      modelTopology: document.modelTopology,
      weightSpecs: group.weights,
      weightData: Uint8Array.from(bytes).buffer,
    }),
  );
}

describe('export as a TF.js Layers model', () => {
  const folder = new TemporaryFolder();

  for (const [spec, data] of [
    [{ kind: 'mlp', hidden: [7, 5] }, IMAGES],
    [{ kind: 'mlp', hidden: [] }, IMAGES],
    [{ kind: 'mlp', hidden: [4] }, ROWS],
    [{ kind: 'logistic-regression', form: 'softmax' }, IMAGES],
    [{ kind: 'logistic-regression', form: 'softmax', bias: false }, IMAGES],
    [{ kind: 'lenet' }, LENET_IMAGES],
    [{ kind: 'lenet', batchNorm: true }, LENET_IMAGES],
    [{ kind: 'ctma-cnn' }, IMAGES],
    [{ kind: 'marina-cnn' }, IMAGES],
    [{ kind: 'resnet-18', norm: 'batch', width: 4 }, IMAGES],
  ] as const satisfies readonly (readonly [TaskSpec, DataShape])[]) {
    it(`scores as the task does: ${JSON.stringify(spec)}`, async () => {
      const task = await openTask(spec, data);
      const random = new SeededRandom('layers export', task.name);
      const draw = (length: number) => Float32Array.from({ length }, () => random.nextNormal() / 5);
      const parameters = draw(layoutOf(task.parameters).total);
      const size = 4;
      const features = draw(size * data.featureShape.reduce((product, extent) => product * extent, 1));
      const dir = join(folder.path, task.name + random.nextUint32());
      const calibration = openMemoryDataset({
        ...{
          kind: 'memory',
          name: 'noise',
          classes: data.classes,
          labelShape: [],
          labels: new Int32Array(size),
        },
        ...{ features, featureShape: data.featureShape },
      });
      await writeLayersModel(dir, { spec, data, parameters, metadata: { round: 3 }, calibration });

      const engine = await createGradientEngine(
        task,
        data,
        await startBackend('cpu', { allowSoftware: false }),
      );
      const expected = await engine.predict(parameters, features, size);
      const model = await loadModel(dir);
      const found = model.predict(tf.tensor(features, [size, ...data.featureShape])) as tf.Tensor;
      assert.deepEqual(found.shape, [size, data.classes], 'shape');
      found.dataSync().forEach((score, i) => {
        const off = Math.abs(score - (expected[i] as number));
        assert.ok(off <= 1e-5 * (1 + Math.abs(score)), `score ${i}: ${score}, the task says ${expected[i]}`);
      });
      const { userDefinedMetadata } = JSON.parse(readFileSync(join(dir, 'model.json'), 'utf8')) as {
        userDefinedMetadata: unknown;
      };
      assert.deepEqual(userDefinedMetadata, { round: 3 }, 'metadata');
      tf.dispose(found);
      model.dispose();
      engine.close();
    });
  }

  it('names the models that have such a form', async () => {
    for (const spec of [
      { kind: 'resnet-18', norm: 'group' },
      { kind: 'resnet-18', norm: 'layer' },
      { kind: 'transformer', layers: 1, heads: 1, width: 4 },
      { kind: 'logistic-regression', form: 'binary' },
    ] as const) {
      await assert.rejects(
        writeLayersModel(folder.path, { spec, data: IMAGES, parameters: new Float32Array(1) }),
        {
          name: 'OperatorError',
          message:
            /^the model of a TF\.js export must be mlp, logistic-regression \(softmax\), lenet, ctma-cnn, /,
        },
      );
    }
  });

  it('refuses parameters of another length', async () => {
    await assert.rejects(
      writeLayersModel(folder.path, {
        ...{ spec: { kind: 'mlp', hidden: [2] }, data: IMAGES, parameters: new Float32Array(5) },
      }),
      { message: 'the parameters must have the 299 values of mlp-144-2-3, got 5' },
    );
  });
});
