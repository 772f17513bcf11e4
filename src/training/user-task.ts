/**
 * What a task of one's own imports as `synod/task`, and all that it needs besides TensorFlow.js. It stands here and not in
 * src/library since a running peer hands this very module to the task.
 *
 * @module synod/task
 */
import { openDataset, parseDatasetSpec } from './data/dataset-spec.ts';
import { provideDataset } from './data/provide-dataset.ts';
import type { TaskData } from './task.ts';

export type { Batch, Dataset } from './dataset.ts';
export { accuracy, crossEntropy, weightPenalty } from './models/classification.ts';
export {
  defineTask,
  type Initializer,
  type ParameterSpec,
  type Task,
  type TaskData,
  type TaskDefinition,
  type TensorBatch,
} from './task.ts';

/**
 * A data set as the experiment file names them (docs/data.md): `storedData('mnist')`, or
 * `storedData({ name: 'csv', dir: import.meta.dirname, file: 'points.csv', label: 'arm' })`.
 */
export function storedData(description: string | Readonly<Record<string, unknown>>): TaskData {
  const spec = parseDatasetSpec(description, 'the data of the task');
  return { open: async (split) => openDataset(await provideDataset(spec), split) };
}
