/** The models that back ends are measured on, at the sizes in which they are trained, with random data. */
import { SeededRandom } from '../src/foundation/seeded-random.ts';
import { extentOf, type MemoryDatasetSpec } from '../src/training/memory-dataset.ts';
import type { TaskSpec } from '../src/training/task-spec.ts';

export interface BenchModel {
  readonly name: string;
  readonly task: TaskSpec;
  readonly batch: number;
  readonly heavy: boolean;
  readonly data: () => MemoryDatasetSpec;
}

const EXAMPLES = 128;

function images(...featureShape: number[]): () => MemoryDatasetSpec {
  return () => {
    const random = new SeededRandom('bench');
    const features = Float32Array.from({ length: EXAMPLES * extentOf(featureShape) }, () =>
      random.nextNormal(),
    );
    const labels = Int32Array.from({ length: EXAMPLES }, () => random.nextBelow(10));
    return { kind: 'memory', name: 'noise', features, labels, featureShape, labelShape: [], classes: 10 };
  };
}

function binary(width: number): () => MemoryDatasetSpec {
  return () => {
    const spec = images(width)();
    return { ...spec, labels: spec.labels.map((label) => label & 1), classes: 2 };
  };
}

function text(context: number, classes: number): () => MemoryDatasetSpec {
  return () => {
    const random = new SeededRandom('bench');
    const draw = (): Int32Array =>
      Int32Array.from({ length: EXAMPLES * context }, () => random.nextBelow(classes));
    const shape = [context];
    return {
      kind: 'memory',
      name: 'text',
      features: draw(),
      labels: draw(),
      featureShape: shape,
      labelShape: shape,
      classes,
    };
  };
}

export const BENCH_MODELS: readonly BenchModel[] = [
  {
    name: 'logistic regression 123, batch 32',
    task: { kind: 'logistic-regression', form: 'binary', l2: 0.01 },
    batch: 32,
    heavy: false,
    data: binary(123),
  },
  {
    name: 'mlp 784-256-10, batch 64',
    task: { kind: 'mlp', hidden: [256] },
    batch: 64,
    heavy: false,
    data: images(28, 28),
  },
  { name: 'lenet, batch 32', task: { kind: 'lenet' }, batch: 32, heavy: true, data: images(28, 28) },
  {
    name: 'lenet with batch norm, batch 32',
    task: { kind: 'lenet', batchNorm: true },
    batch: 32,
    heavy: true,
    data: images(28, 28),
  },
  { name: 'ctma-cnn, batch 4', task: { kind: 'ctma-cnn' }, batch: 4, heavy: true, data: images(28, 28) },
  {
    name: 'marina-cnn, batch 32',
    task: { kind: 'marina-cnn' },
    batch: 32,
    heavy: true,
    data: images(28, 28),
  },
  {
    name: 'resnet-18, batch norm, batch 8',
    task: { kind: 'resnet-18', norm: 'batch' },
    batch: 8,
    heavy: true,
    data: images(32, 32, 3),
  },
  {
    name: 'transformer 2 x 64, 4 heads, batch 8 x 64',
    task: { kind: 'transformer', layers: 2, heads: 4, width: 64 },
    batch: 8,
    heavy: true,
    data: text(64, 65),
  },
];
