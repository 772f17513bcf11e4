import assert from 'node:assert/strict';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as layers from '@tensorflow/tfjs-layers';
import * as tf from '@tensorflow/tfjs-core';
import { startBackend } from '../../src/training/backends/start-backend.ts';
import { openMemoryDataset } from '../../src/training/memory-dataset.ts';
import { readModelJson } from '../../src/training/model-json.ts';
import { openTask } from '../../src/training/open-task.ts';
import { taskDigest } from '../../src/training/task-digest.ts';
import { TemporaryFolder } from './data/temporary-folder.ts';
import { clusters } from './toy-data.ts';

type Json = Record<string, unknown>;
interface Saved {
  readonly modelTopology: Json;
  readonly weightsManifest: { paths: string[]; weights: Json[] }[];
}

describe('a model.json from elsewhere', () => {
  const folder = new TemporaryFolder();
  const data = openMemoryDataset(clusters(16, [4], 3));
  let saved: Saved;
  let weights: Buffer;

  before(async () => {
    await startBackend('cpu', { allowSoftware: false });
    const input = layers.input({ shape: [4] });
    const hidden = layers.layers.dense({ units: 6, name: 'hidden' }).apply(input) as layers.SymbolicTensor;
    const outputs = layers.layers.dense({ units: 3, name: 'scores' }).apply(hidden) as layers.SymbolicTensor;
    const model = layers.model({ inputs: input, outputs });
    await model.save(
      tf.io.withSaveHandler(({ modelTopology, weightSpecs, weightData }) => {
        weights = Buffer.from(weightData as ArrayBuffer);
        saved = {
          modelTopology: modelTopology as Json,
          weightsManifest: [{ paths: ['weights.bin'], weights: weightSpecs as unknown as Json[] }],
        };
        return Promise.resolve({ modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: 'JSON' } });
      }),
    );
  });

  /** Opens the saved model after a change. */
  const open = (change: (model: Saved) => unknown, bytes: Uint8Array = weights) => {
    const model = structuredClone(saved);
    const document = change(model) ?? model;
    folder.write('model/weights.bin', bytes);
    const text = typeof document === 'string' ? document : JSON.stringify(document);
    return openTask({ kind: 'layers-model', path: folder.write('model/model.json', text) }, data);
  };
  const refused = async (change: (model: Saved) => unknown, sentence: RegExp, bytes?: Uint8Array) => {
    await assert.rejects(open(change, bytes), { name: 'OperatorError', message: sentence }, String(sentence));
    await assert.rejects(
      open(change, bytes),
      (error) => !(error as Error).message.includes('\n'),
      'a single line',
    );
  };
  const layersOf = (model: Saved): Json[] =>
    ((model.modelTopology['model_config'] as Json | undefined) ?? model.modelTopology)['config'] === undefined
      ? []
      : ((
          ((model.modelTopology['model_config'] as Json | undefined) ?? model.modelTopology)['config'] as Json
        )['layers'] as Json[]);

  it('is opened where it is what TF.js wrote', async () => {
    const task = await open(() => undefined);
    assert.deepEqual(
      task.parameters.map(({ shape }) => shape.join()),
      ['4,6', '6', '6,3', '3'],
      'its parameters',
    );
  });

  it('reads no file outside of its folder, and digests none', async function () {
    mkdirSync(join(folder.path, 'web'), { recursive: true });
    folder.write('web/weights.bin', weights);
    for (const path of [
      '../web/weights.bin',
      '../../../../etc/hostname',
      '/etc/hostname',
      'a/../weights.bin',
    ]) {
      const change = (model: Saved) =>
        void (model.weightsManifest[0] as { paths: string[] }).paths.fill(path);
      await refused(change, /weightsManifest\.paths must be a relative path without \. and \.\., got "/);
      const spec = { kind: 'layers-model', path: join(folder.path, 'model', 'model.json') } as const;
      assert.throws(() => taskDigest(spec), /must be a relative path/, 'nor for the digest');
    }
    if (process.platform === 'win32') this.skip(); // links need a right there
    symlinkSync(join(folder.path, 'web', 'weights.bin'), join(folder.path, 'model', 'link.bin'));
    await refused(
      (model) => void (model.weightsManifest[0] as { paths: string[] }).paths.fill('link.bin'),
      /link\.bin must stay in the folder .* after links/,
    );
  });

  it('is refused where its weights are not what it states', async () => {
    await refused(
      () => undefined,
      /hold the 204 bytes .* got "200 \(they are cut off\)"/,
      weights.subarray(4),
    );
    await refused(() => undefined, /hold the 204 bytes that it states, got "208"/, Buffer.alloc(208));
    await refused(
      ({ weightsManifest: [group] }) =>
        void ((group as { weights: Json[] }).weights[0]!['shape'] = [2 ** 20, 2 ** 20]),
      /must have at most 4294967296 bytes of weights/,
    );
    await refused(
      ({ weightsManifest: [group] }) => void (group as { paths: string[] }).paths.fill('none.bin'),
      /cannot read .*none\.bin: it does not exist/,
    );
  });

  it('is refused in one line where it is of another kind', async () => {
    for (const [text, sentence] of [
      ['<!DOCTYPE html><html>', /must be a JSON file, but it is an HTML page/],
      ['{"modelTopology": {', /must be a JSON file, but it is malformed or cut off/],
      ['[]', /must be the model\.json of a TF\.js Layers model/],
      ['{}', /modelTopology must be there/],
      ['{"format":"graph-model","modelTopology":{}}', /got a graph model, which is frozen/],
      ['{"class_name":"Sequential","config":{}}', /got a Keras configuration without weights/],
      ['{"modelTopology":{},"weightsManifest":3}', /weightsManifest must be a list/],
      ['{"modelTopology":{"keras_version":"3.4.1"},"weightsManifest":[]}', /was saved by Keras 3/],
    ] as const) {
      await refused(() => text, sentence);
    }
    await refused((model) => {
      const config = layersOf(model)[0]?.['config'] as Json;
      config['batch_shape'] = config['batch_input_shape'];
      delete config['batch_input_shape'];
    }, /was saved by Keras 3, whose layers TensorFlow\.js does not read: .*tf_keras/);
    await refused(
      (model) => void ((layersOf(model)[1] as Json)['class_name'] = 'MultiHeadAttention'),
      /cannot be loaded: its layer MultiHeadAttention is none that TensorFlow\.js has$/,
    );
  });

  it('builds nothing that its weights do not bear out, and walks no circle', async () => {
    await refused(
      (model) => void ((layersOf(model)[1]?.['config'] as Json)['units'] = 1e9),
      /units of the layer "hidden" must be at most 6, as its weights are, got 1000000000/,
    );
    await refused(
      (model) => void ((layersOf(model)[0]?.['config'] as Json)['batch_input_shape'] = [null, 1e6, 1e6]),
      /the input of ".*" must have from 1 to 67108864 numbers/,
    );
    await refused(
      (model) => void (layersOf(model)[1]!['inbound_nodes'] = [[['scores', 0, 0, {}]]]),
      /must be a graph without circles/,
    );
    await refused(
      (model) => void (layersOf(model)[1]!['inbound_nodes'] = [[['nobody', 0, 0, {}]]]),
      /must feed "hidden 0" by layers that it has, got "nobody 0"/,
    );
    await refused((model) => {
      const list = layersOf(model);
      const layer = list[1] as Json;
      for (let i = 0; i < 10_001; i++) list.push(layer);
    }, /must have at most 10000 layers/);
  });

  it('is a graph whose every node can be reached, for TF.js would look for the others for ever', async () => {
    const oneName = /a layer of its graph must have one name, which no other has, got /;
    await refused((model) => {
      const input = layersOf(model)[0] as Json;
      input['Name'] = input['name'];
      delete input['name'];
    }, oneName);
    await refused((model) => void (layersOf(model)[1]!['name'] = 'renamed'), oneName);
    await refused((model) => void layersOf(model).push(structuredClone(layersOf(model)[2]) as Json), oneName);
    await refused(
      (model) => void (layersOf(model)[1]!['inbound_nodes'] = []),
      /must feed "scores 0" by layers/,
    );
    await refused(
      (model) => void (layersOf(model)[2]!['inbound_nodes'] = [[['hidden', 1, 0, {}]]]),
      /must feed "scores 0" by layers that it has, got "hidden 1"$/,
    );
  });

  it('may hold models, which have a node of their own', async () => {
    const within = layers.sequential({
      name: 'within',
      layers: [layers.layers.dense({ units: 3, inputShape: [4], name: 'nested' })],
    });
    const input = layers.input({ shape: [4] });
    const model = layers.model({ inputs: input, outputs: within.apply(input) as layers.SymbolicTensor });
    await model.save(
      tf.io.withSaveHandler(({ modelTopology, weightSpecs, weightData }) => {
        folder.write('nested/weights.bin', Buffer.from(weightData as ArrayBuffer));
        const weightsManifest = [{ paths: ['weights.bin'], weights: weightSpecs }];
        folder.write('nested/model.json', JSON.stringify({ modelTopology, weightsManifest }));
        return Promise.resolve({ modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: 'JSON' } });
      }),
    );
    const path = join(folder.path, 'nested', 'model.json');
    const { parameters } = await openTask({ kind: 'layers-model', path }, data);
    assert.deepEqual(
      parameters.map(({ shape }) => shape.join()),
      ['4,3', '3'],
    );
  });

  it('names its weight files in order', () => {
    folder.write('two/a.bin', '');
    folder.write('two/b.bin', '');
    const manifest = ['b.bin', 'a.bin'].map((path) => ({ paths: [path], weights: [] }));
    const document = { modelTopology: { config: { layers: [] } }, weightsManifest: manifest };
    const path = folder.write('two/model.json', JSON.stringify(document));
    const expected = ['b.bin', 'a.bin'].map((name) => join(folder.path, 'two', name));
    assert.deepEqual(readModelJson(path).weightFiles, expected, 'as the manifest has them');
    writeFileSync(path, JSON.stringify({ ...document, weightsManifest: [{ paths: ['.'], weights: [] }] }));
    assert.throws(() => readModelJson(path), /must be a relative path/, 'a folder is none');
  });
});
