/** Every reader of files that people bring, with real files of its format to be mutated. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import * as layers from '@tensorflow/tfjs-layers';
import * as tf from '@tensorflow/tfjs-core';
import { readWeights } from '../../src/file-aggregation/read-weights.ts';
import { openVectorFiles } from '../../src/file-aggregation/vector-files.ts';
import { parseSweep, sweepCells } from '../../simulations/reproduce/sweep-cells.ts';
import { loadExperiment, readDocument } from '../../src/config/experiment-file.ts';
import { createKeyFile, loadKeyFile } from '../../src/crypto/key-file.ts';
import { readNpyVector } from '../../src/formats/npy.ts';
import { tensorOf, writeSafetensors } from '../../src/formats/safetensors.ts';
import { readRun } from '../../src/observe/read-run.ts';
import { startBackend } from '../../src/training/backends/start-backend.ts';
import { openDataset, parseDatasetSpec } from '../../src/training/data/dataset-spec.ts';
import { readImage } from '../../src/training/data/decode-image.ts';
import { inspectImage } from '../../src/training/data/inspect-image.ts';
import { readModelFile } from '../../src/training/model-file.ts';
import { openTask } from '../../src/training/open-task.ts';
import { original, originalsOf } from '../support/originals.ts';
import { cutSets } from './cut-sets.ts';

export interface Reader {
  readonly name: string;
  /** The file, below the folder, that is mutated; the others of the format lie beside it. */
  readonly file: string;
  readonly originals: readonly Uint8Array[];
  /** Reads the file and what it leads to, as the programs do. */
  readonly read: () => unknown;
}

const ROSTER = [
  '12D3KooWDDm2EdPMmoMTHzD9T7wo8dy9KLg1cjTgEstCdCYyPyER',
  '12D3KooWGG1W5voufif5qY7fzRoKxut65w9r7Psm9wujGB7BjGui',
  '12D3KooWKidu2hwRkM1TokpJVmEhwVHBvcPq5SbhM5sQYp72D5YM',
  '12D3KooWRDv1KYxjTQMqBXMPPvapMGYXnvqtxtuvoYS7br9wjBGJ',
];

/** `sets` is a folder of well-known data sets in their own formats; undefined for the small originals alone. */
export async function openReaders(folder: string, sets: string | undefined): Promise<Reader[]> {
  const cut = cutSets(sets);
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
  put('labels/train-images-idx3-ubyte', idx);
  await createKeyFile(at('peer.key'));
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
        ...cut.csv,
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
      originals: [put('a.svm', sparse), ...cut.libsvm],
      read: dataset({ name: 'libsvm', file: 'a.svm', features: 123 }),
    },
    {
      name: 'text',
      file: 'a.txt',
      originals: [put('a.txt', 'häßliche Wörter, 日本語, emoji 🙂 '.repeat(3)), ...cut.text],
      read: dataset({ name: 'text', file: 'a.txt', context: 3 }),
    },
    {
      name: 'idx',
      file: 'train-images-idx3-ubyte',
      originals: [put('train-images-idx3-ubyte', idx), gzipSync(idx), ...cut.images],
      read: dataset({ name: 'idx' }),
    },
    {
      name: 'cifar',
      file: 'data_batch_1.bin',
      originals: [put('data_batch_1.bin', record), ...cut.cifar],
      read: dataset({ name: 'cifar10' }),
    },
    {
      name: 'npy-matrix',
      file: 'm.npy',
      originals: originalsOf('.npy'),
      read: () => readAll(openVectorFiles([at('m.npy')], 'o.npy')),
    },
    {
      name: 'npy-vector',
      file: 'v.npy',
      originals: [original('weights.npy')],
      read: () => readNpyVector(at('v.npy')),
    },
    {
      name: 'safetensors',
      file: 'm.safetensors',
      originals: [readFileSync(at('m.safetensors'))],
      read: () => readModelFile(at('m.safetensors')),
    },
    {
      name: 'safetensors-vectors',
      file: 'vector.safetensors',
      originals: originalsOf('.safetensors'),
      read: () => readAll(openVectorFiles([at('vector.safetensors')], 'o.safetensors', 'copy')),
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
    { name: 'png', file: 'a.png', originals: originalsOf('.png'), read: image('a.png') },
    { name: 'jpeg', file: 'a.jpg', originals: originalsOf('.jpg'), read: image('a.jpg') },
    {
      name: 'yaml',
      file: 'e.yaml',
      originals: [Buffer.from(experiment)],
      read: () => loadExperiment(at('e.yaml')),
    },
    {
      name: 'experiment-json',
      file: 'e.json',
      originals: [
        Buffer.from(
          `{"name":"x","rounds":3,"data":{"name":"glyphs","classes":10},"aggregation":{"f":1,"rule":"median"},"committee":{"size":4},"roster":${JSON.stringify(ROSTER)}}`,
        ),
      ],
      read: () => loadExperiment(at('e.json')),
    },
    {
      name: 'sweep',
      file: 'g.yaml',
      originals: [
        Buffer.from(
          'workers: 5\nseeds: [1, 2]\nexperiment: { rounds: 3, batchSize: 4 }\ngrid:\n  byzantine: [0, 1]\n  aggregation.rule: [mean, median]\n',
        ),
      ],
      read: () => sweepCells(parseSweep(readDocument(at('g.yaml')))),
    },
    {
      name: 'key',
      file: 'peer.key',
      originals: [readFileSync(at('peer.key'))],
      read: () => loadKeyFile(at('peer.key')),
    },
    {
      name: 'events',
      file: 'run/events.jsonl',
      originals: [put('run/events.jsonl', original('events.jsonl'))],
      read: () => readRun(at('run')),
    },
    {
      name: 'idx-labels',
      file: 'labels/train-labels-idx1-ubyte',
      originals: [
        put('labels/train-labels-idx1-ubyte', Buffer.from([0, 0, 8, 1, 0, 0, 0, 4, 0, 1, 2, 3])),
        ...cut.labels,
      ],
      read: dataset({ name: 'idx', dir: at('labels') }),
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
