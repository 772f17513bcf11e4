/** Loss, accuracy and other metrics over a data set, chunk by chunk; means are weighted by the chunks' sizes. */
import * as tf from '@tensorflow/tfjs-core';
import type { Batch, Dataset } from './dataset.ts';
import { CALIBRATION_EXAMPLES, type Evaluation, type EvaluationOptions } from './gradient-engine.ts';
import type { Task, TensorBatch } from './task.ts';
import { TrainingError } from './training-error.ts';

interface ChunkOptions extends EvaluationOptions {
  readonly chunkSize: number;
  readonly toTensors: (batch: Batch) => TensorBatch;
}

export async function evaluateInChunks(
  task: Task,
  parameters: readonly tf.Tensor[],
  dataset: Dataset,
  options: ChunkOptions,
): Promise<Evaluation> {
  const indices = options.indices ?? Array.from({ length: dataset.size }, (_, i) => i);
  const sums: Record<string, number> = {};
  const statistics = calibrate(task, parameters, dataset, options);
  try {
    for (let from = 0; from < indices.length; from += options.chunkSize) {
      if (options.aborted?.() === true) throw new TrainingError('aborted', 'the evaluation was aborted');
      const to = Math.min(from + options.chunkSize, indices.length);
      const chunk = dataset.read(Array.prototype.slice.call(indices, from, to) as number[]);
      const scalars = tf.tidy(() => task.metrics(parameters, options.toTensors(chunk), statistics));
      try {
        for (const [name, scalar] of Object.entries(scalars)) {
          const [value] = await scalar.data<'float32'>();
          sums[name] = (sums[name] ?? 0) + (value as number) * chunk.size;
        }
      } finally {
        tf.dispose(scalars);
      }
    }
  } finally {
    if (statistics !== undefined) tf.dispose([...statistics]);
  }
  const metrics = Object.fromEntries(Object.entries(sums).map(([name, sum]) => [name, sum / indices.length]));
  return {
    loss: metrics.loss ?? NaN,
    accuracy: metrics.accuracy ?? NaN,
    examples: indices.length,
    metrics,
  };
}

function calibrate(
  task: Task,
  parameters: readonly tf.Tensor[],
  dataset: Dataset,
  { calibrationSet = dataset, toTensors }: ChunkOptions,
): readonly tf.Tensor[] | undefined {
  if (task.calibrate === undefined) return undefined;
  const examples = Math.min(CALIBRATION_EXAMPLES, calibrationSet.size);
  const batch = calibrationSet.read(Array.from({ length: examples }, (_, i) => i));
  return tf.tidy(() => task.calibrate?.(parameters, toTensors(batch).features) as tf.Tensor[]);
}
