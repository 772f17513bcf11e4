/** Every reader of files that people bring, with real files of its format to be mutated. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { encode as encodePng } from 'fast-png';
import { encode as encodeJpeg } from 'jpeg-js';
import * as layers from '@tensorflow/tfjs-layers';
import * as tf from '@tensorflow/tfjs-core';
import { readWeights } from '../../nodes/aggregate/read-weights.ts';
import { openVectorFiles } from '../../nodes/aggregate/vector-files.ts';
import { loadExperiment } from '../../src/config/experiment-file.ts';
import { NpyWriter, readNpyVector } from '../../src/formats/npy.ts';
import { tensorOf, writeSafetensors } from '../../src/formats/safetensors.ts';
import { startBackend } from '../../src/training/backends/start-backend.ts';
import { openDataset, parseDatasetSpec } from '../../src/training/data/dataset-spec.ts';
import { readImage } from '../../src/training/data/decode-image.ts';
import { inspectImage } from '../../src/training/data/inspect-image.ts';
import { readModelFile } from '../../src/training/model-file.ts';
import { openTask } from '../../src/training/open-task.ts';

export interface Reader {
  readonly name: string;
  /** The file, below the folder, that is mutated; the others of the format lie beside it. */
  readonly file: string;
  readonly originals: readonly Uint8Array[];
  /** Reads the file and what it leads to, as the programs do. */
  readonly read: () => unknown;
}

const ROSTER = ['12D3KooWDpJ7As7BWAwRMfu1VU2WCqNjvq387JEYKDBj4kx6nXTN'];

export async function openReaders(folder: string): Promise<Reader[]> {
  const at = (name: string): string => join(folder, name);
  const put = (name: string, bytes: Uint8Array | string): Uint8Array => {
    mkdirSync(dirname(at(name)), { recursive: true });
    writeFileSync(at(name), bytes);
    return Buffer.from(bytes);
  };
  const dataset = (spec: Readonly<Record<string, unknown>>) => async () => {
    const set = await openDataset(parseDatasetSpec({ dir: folder, ...spec }, 'data'), 'train');
    return set.read([0, set.size - 1]);
  };
  const table = Array.from({ length: 12 }, (_, i) => `${i},${i * 0.5},"${i % 2 ? 'a' : 'b'}"`).join('\r\n');
  const sparse = Array.from({ length: 12 }, (_, i) => `${i % 2 ? '+1' : '-1'} 1:${i} 3:0.5 # x`).join('\n');
  const pixels = Uint8Array.from({ length: 64 }, (_, i) => 4 * i);

  const npy = new NpyWriter(at('m.npy'), 'float32', [5, 3]);
  npy.write(Float32Array.from({ length: 15 }, (_, i) => i));
  npy.finish();
  const vector = new NpyWriter(at('v.npy'), 'float64', [5]);
  vector.write(Float32Array.of(1, 2, 3, 4, 5));
  vector.finish();
  writeSafetensors(at('m.safetensors'), new Map([['w', tensorOf(Float32Array.of(1, 2, 3))]]), {
    'synod.model': '{"kind":"mlp","hidden":[3],"l2":0}',
    'synod.data': '{"name":"mnist"}',
    'synod.round': '3',
  });
  const index = '{"metadata":{},"weight_map":{"w":"m.safetensors"}}';
  const { json, weights } = await savedModel();
  put('model/weights.bin', weights);
  put('train-labels-idx1-ubyte', Buffer.from([0, 0, 8, 1, 0, 0, 0, 4, 0, 1, 2, 3]));
  const idx = Buffer.concat([Buffer.from([0, 0, 8, 3, 0, 0, 0, 4, 0, 0, 0, 4, 0, 0, 0, 4]), pixels]);
  const record = Buffer.concat([Buffer.of(3), Buffer.alloc(3072, 7)]);
  const rgba = Uint8Array.from({ length: 256 }, (_, i) => i);
  const palette = [
    [1, 2, 3],
    [4, 5, 6],
  ];
  const pngs = [
    encodePng({ width: 8, height: 8, data: pixels, channels: 1, depth: 8 }),
    encodePng({ width: 8, height: 8, data: rgba, channels: 4, depth: 8 }),
    encodePng({
      width: 8,
      height: 4,
      data: Uint16Array.from(pixels.subarray(32), (x) => 256 * x),
      channels: 1,
      depth: 16,
    }),
    encodePng({
      width: 8,
      height: 8,
      data: Uint8Array.from(pixels, (x) => (x >> 7) & 1),
      channels: 1,
      depth: 8,
      palette,
    }),
  ];
  const jpeg = encodeJpeg({ width: 8, height: 8, data: rgba }, 80).data;
  const image = (file: string) => () => {
    inspectImage(at(file));
    return readImage(at(file), { width: 4, height: 4, channels: 3 });
  };
  const experiment = `name: x\nrounds: 3\ndata: { name: mnist, train: 100 }\nmodel: { kind: mlp, hidden: [4] }\naggregation: { f: 0, rule: mean }\ncommittee: { size: 1 }\nroster: &r [${ROSTER.join()}]\n`;
  const data = { featureShape: [4], featureType: 'float32', labelShape: [], classes: 3 } as const;

  return [
    {
      name: 'csv',
      file: 'a.csv',
      originals: [
        put('a.csv', table),
        put('b.csv', gzipSync(table)),
        Buffer.from(`\ufeff${table}`, 'utf16le'),
      ],
      read: dataset({ name: 'csv', file: 'a.csv' }),
    },
    {
      name: 'csv-header',
      file: 'h.csv',
      originals: [put('h.csv', `x;y;k\n${table.replaceAll(',', ';')}`)],
      read: dataset({ name: 'csv', file: 'h.csv', label: 'k' }),
    },
    {
      name: 'libsvm',
      file: 'a.svm',
      originals: [put('a.svm', sparse)],
      read: dataset({ name: 'libsvm', file: 'a.svm', features: 4 }),
    },
    {
      name: 'text',
      file: 'a.txt',
      originals: [put('a.txt', 'häßliche Wörter, 日本語, emoji 🙂 '.repeat(3))],
      read: dataset({ name: 'text', file: 'a.txt', context: 3 }),
    },
    {
      name: 'idx',
      file: 'train-images-idx3-ubyte',
      originals: [put('train-images-idx3-ubyte', idx), gzipSync(idx)],
      read: dataset({ name: 'idx' }),
    },
    {
      name: 'cifar',
      file: 'data_batch_1.bin',
      originals: [put('data_batch_1.bin', record)],
      read: dataset({ name: 'cifar10' }),
    },
    {
      name: 'npy-matrix',
      file: 'm.npy',
      originals: [readFileSync(at('m.npy'))],
      read: () => readAll(openVectorFiles([at('m.npy')], 'o.npy')),
    },
    {
      name: 'npy-vector',
      file: 'v.npy',
      originals: [readFileSync(at('v.npy'))],
      read: () => readNpyVector(at('v.npy')),
    },
    {
      name: 'safetensors',
      file: 'm.safetensors',
      originals: [readFileSync(at('m.safetensors'))],
      read: () => readModelFile(at('m.safetensors')),
    },
    {
      name: 'safetensors-index',
      file: 's.safetensors.index.json',
      originals: [put('s.safetensors.index.json', index)],
      read: () => readModelFile(at('s.safetensors.index.json')),
    },
    {
      name: 'model-json',
      file: 'model/model.json',
      originals: [put('model/model.json', json)],
      read: () => openTask({ kind: 'layers-model', path: at('model/model.json') }, data),
    },
    { name: 'png', file: 'a.png', originals: pngs, read: image('a.png') },
    { name: 'jpeg', file: 'a.jpg', originals: [jpeg], read: image('a.jpg') },
    {
      name: 'yaml',
      file: 'e.yaml',
      originals: [Buffer.from(experiment)],
      read: () => loadExperiment(at('e.yaml')),
    },
    {
      name: 'json',
      file: 'w.json',
      originals: [Buffer.from('{"a":1,"b":2.5}')],
      read: () => readWeights(at('w.json'), ['a', 'b']),
    },
  ];
}

function readAll(files: ReturnType<typeof openVectorFiles>): void {
  try {
    const { n, d } = files.source;
    const rows = Array.from({ length: n }, () => new Float32Array(d));
    files.source.readColumns(0, d, { n, d, row: (i) => rows[i] as Float32Array, free: () => {} });
  } finally {
    files.close();
  }
}

async function savedModel(): Promise<{ readonly json: string; readonly weights: Buffer }> {
  await startBackend('cpu', { allowSoftware: false });
  const input = layers.input({ shape: [4] });
  const hidden = layers.layers.dense({ units: 5 }).apply(input) as layers.SymbolicTensor;
  const outputs = layers.layers.dense({ units: 3 }).apply(hidden) as layers.SymbolicTensor;
  let saved = { json: '', weights: Buffer.alloc(0) };
  await layers.model({ inputs: input, outputs }).save(
    tf.io.withSaveHandler(({ modelTopology, weightSpecs, weightData }) => {
      const weightsManifest = [{ paths: ['weights.bin'], weights: weightSpecs }];
      saved = {
        json: JSON.stringify({ modelTopology, weightsManifest }),
        weights: Buffer.from(weightData as ArrayBuffer),
      };
      return Promise.resolve({ modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: 'JSON' } });
    }),
  );
  return saved;
}
