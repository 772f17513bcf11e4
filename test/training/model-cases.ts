/** Every built-in model at a size that tests can afford, with data to train it on. */
import type { MemoryDatasetSpec } from '../../src/training/memory-dataset.ts';
import type { TaskSpec } from '../../src/training/task-spec.ts';
import { clusters, randomText } from './toy-data.ts';

export interface ModelCase {
  readonly name: string;
  readonly task: TaskSpec;
  readonly data: MemoryDatasetSpec;
  /** Examples of the test's batch. */
  readonly batch: number;
}

const image = (height: number, channels?: number): MemoryDatasetSpec =>
  clusters(64, channels === undefined ? [height, height] : [height, height, channels], 4);

export const MODEL_CASES: readonly ModelCase[] = [
  {
    name: 'logistic regression, binary',
    task: { kind: 'logistic-regression', form: 'binary', l2: 0.01 },
    data: clusters(64, [123], 2),
    batch: 32,
  },
  {
    name: 'logistic regression, softmax',
    task: { kind: 'logistic-regression', form: 'softmax', l2: 0.01 },
    data: clusters(64, [20], 5),
    batch: 16,
  },
  { name: 'mlp', task: { kind: 'mlp', hidden: [24, 12], l2: 0.001 }, data: image(7), batch: 16 },
  { name: 'lenet', task: { kind: 'lenet' }, data: image(16), batch: 4 },
  { name: 'lenet, batch norm', task: { kind: 'lenet', batchNorm: true }, data: image(16), batch: 6 },
  { name: 'ctma-cnn', task: { kind: 'ctma-cnn' }, data: image(12), batch: 4 },
  { name: 'marina-cnn', task: { kind: 'marina-cnn' }, data: image(10), batch: 4 },
  {
    name: 'resnet-18, batch norm',
    task: { kind: 'resnet-18', norm: 'batch', width: 4 },
    data: image(16, 3),
    batch: 8,
  },
  {
    name: 'resnet-18, group norm',
    task: { kind: 'resnet-18', norm: 'group', width: 4 },
    data: image(16, 3),
    batch: 4,
  },
  {
    name: 'resnet-18, layer norm',
    task: { kind: 'resnet-18', norm: 'layer', width: 4 },
    data: image(16, 3),
    batch: 4,
  },
  {
    name: 'transformer',
    task: { kind: 'transformer', layers: 2, heads: 2, width: 12 },
    data: randomText(32, 10, 9),
    batch: 4,
  },
];
