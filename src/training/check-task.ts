/**
 * Tries a user's task once, on its first examples and parameters, so that a wrong shape or a NaN is told in a sentence
 * when a peer starts and not by rounds that fail.
 */
import * as tf from '@tensorflow/tfjs-core';
import { OperatorError, reasonOf } from '../foundation/operator-error.ts';
import type { Batch, Dataset } from './dataset.ts';
import type { GradientEngine } from './gradient-engine.ts';
import { initialParameters } from './initial-parameters.ts';
import { layoutOf, type Task, type TensorBatch } from './task.ts';
import { faultOfData } from './task-faults.ts';

const TRIED_EXAMPLES = 4;

/** Throws an OperatorError that names the module `path`, the field, the rule and the value. */
export async function checkTask(
  task: Task,
  path: string,
  engine: GradientEngine,
  data: Dataset,
): Promise<void> {
  const refuse = (fault: string, cause?: unknown): never => {
    throw new OperatorError(`the task module ${path} ${fault}`, { cause });
  };
  const attempt = async <T>(what: string, run: () => T | Promise<T>): Promise<T> => {
    try {
      return await run();
    } catch (error) {
      return refuse(`throws in ${what}: ${reasonOf(error)}`, error);
    }
  };
  const dataFault = await attempt('data', () => faultOfData(data, 'train'));
  if (dataFault !== undefined) refuse(dataFault);
  const size = Math.min(TRIED_EXAMPLES, data.size);
  const batch = await attempt('data', () => data.read(Array.from({ length: size }, (_, i) => i)));
  const parameters = initialParameters(task, 'check');
  for (const [what, faultOf] of [
    ['loss', faultOfLoss],
    ['metrics', faultOfMetrics],
  ] as const) {
    const fault = await attempt(what, () =>
      tf.tidy(() => faultOf(task, cut(task, parameters), toTensors(data, batch))),
    );
    if (fault !== undefined) refuse(fault);
  }
  const unused = tf.tidy(() => unusedParameter(task, cut(task, parameters), toTensors(data, batch)));
  if (unused !== undefined) refuse(`must use every parameter in loss, got no gradient for "${unused}"`);
  const gradient = new Float32Array(parameters.length);
  const { loss } = await attempt('the gradient of loss', () => engine.gradient(parameters, batch, gradient));
  if (!Number.isFinite(loss)) refuse(`must have a finite loss at its first parameters, got ${loss}`);
  const wrong = gradient.find((value) => !Number.isFinite(value));
  if (wrong !== undefined) {
    refuse(`must have a finite gradient of its loss at its first parameters, got ${wrong}`);
  }
}

function faultOfLoss(task: Task, parameters: readonly tf.Tensor[], batch: TensorBatch): string | undefined {
  const loss: unknown = task.loss(parameters, batch);
  if (!isTensor(loss)) return `must return a tensor from loss, got ${typeof loss}`;
  if (loss.rank !== 0) {
    return `must return a scalar from loss, the mean over the batch, got shape [${loss.shape.join(', ')}]`;
  }
  return undefined;
}

/** The name of the first parameter that the loss does not depend on. */
function unusedParameter(
  task: Task,
  parameters: readonly tf.Tensor[],
  batch: TensorBatch,
): string | undefined {
  const tried = tf.engine().gradients(() => task.loss(parameters, batch), [...parameters], undefined, true);
  return task.parameters[
    (tried.grads as readonly (tf.Tensor | undefined)[]).findIndex((gradient) => gradient === undefined)
  ]?.name;
}

function faultOfMetrics(
  task: Task,
  parameters: readonly tf.Tensor[],
  batch: TensorBatch,
): string | undefined {
  const metrics: unknown = task.metrics(parameters, batch);
  if (typeof metrics !== 'object' || metrics === null) {
    return `must return an object of scalars from metrics, got ${typeof metrics}`;
  }
  if (!('loss' in metrics)) {
    return `must return the metric loss, got ${Object.keys(metrics).join(', ') || 'none'}`;
  }
  for (const [name, value] of Object.entries<unknown>(metrics)) {
    if (isTensor(value) && value.rank === 0) continue;
    const got = isTensor(value) ? `shape [${value.shape.join(', ')}]` : typeof value;
    return `must return a scalar as the metric ${name}, got ${got}`;
  }
  return undefined;
}

function isTensor(value: unknown): value is tf.Tensor {
  return value instanceof tf.Tensor;
}

function cut({ parameters }: Task, flat: Float32Array): tf.Tensor[] {
  const { offsets, sizes } = layoutOf(parameters);
  return parameters.map(({ shape }, i) => {
    const offset = offsets[i] as number;
    return tf.tensor(flat.subarray(offset, offset + (sizes[i] as number)), [...shape], 'float32');
  });
}

function toTensors(data: Dataset, { features, labels, size }: Batch): TensorBatch {
  return {
    features: tf.tensor(features, [size, ...data.featureShape], data.featureType),
    labels: tf.tensor(labels, [size, ...data.labelShape], 'int32'),
    size,
  };
}
