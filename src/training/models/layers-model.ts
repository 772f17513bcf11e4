/**
 * A TF.js Layers model saved on disk as a task: its trainable weights are the parameters and begin with the file's
 * values. Layers run as in inference: dropout is off and batch normalisation keeps the file's statistics, since a loss
 * is a function of parameters and batch alone.
 */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import * as layers from '@tensorflow/tfjs-layers';
import { present } from '../../foundation/assert.ts';
import { OperatorError, invalidField } from '../../foundation/operator-error.ts';
import { startBackend } from '../backends/start-backend.ts';
import { extentOf } from '../memory-dataset.ts';
import type { DataShape, ParameterSpec, Task } from '../task.ts';
import { accuracy, crossEntropy } from './classification.ts';

const SMALLEST_PROBABILITY = 1e-7;

/** `path` is that of model.json. The last layer gives one score a class (linear) or probabilities (softmax). */
export async function openLayersModel(path: string, data: DataShape): Promise<Task> {
  // weights become tensors as they are read, for which some back end must be there
  if (!tf.engine().backendName) await startBackend('cpu', { allowSoftware: false });
  const model = await load(path);
  const inputShape = inputShapeOf(model, path, data);
  const output = outputKindOf(model, path, data);
  const variables = model.trainableWeights;
  const parameters = await Promise.all(
    variables.map(async (variable): Promise<ParameterSpec> => ({
      name: variable.originalName,
      shape: variable.shape as number[],
      init: { kind: 'values', values: Float32Array.from(await variable.read().data()) },
    })),
  );
  // layers ask their variables for tensors: answer with the parameters of the pass, so that gradients reach them
  let current: readonly tf.Tensor[] = [];
  variables.forEach((variable, i) => {
    variable.read = () => present(current[i], variable.originalName);
  });
  const predict = (tensors: readonly tf.Tensor[], features: tf.Tensor): tf.Tensor => {
    current = tensors;
    try {
      const x = tf.reshape(tf.cast(features, 'float32'), [-1, ...inputShape]);
      return model.apply(x, { training: false }) as tf.Tensor;
    } finally {
      current = [];
    }
  };
  const lossOf = (scores: tf.Tensor, labels: tf.Tensor): tf.Scalar =>
    crossEntropy(
      output === 'scores' ? scores : tf.log(tf.clipByValue(scores, SMALLEST_PROBABILITY, 1)),
      labels,
    );
  return {
    name: model.name,
    parameters,
    predict,
    loss: (tensors, batch) => lossOf(predict(tensors, batch.features), batch.labels),
    metrics: (tensors, batch) => {
      const scores = predict(tensors, batch.features);
      return { loss: lossOf(scores, batch.labels), accuracy: accuracy(scores, batch.labels) };
    },
    chunkSize: 128,
  };
}

interface Manifest {
  readonly modelTopology: object;
  readonly weightsManifest: readonly {
    readonly paths: readonly string[];
    readonly weights: tf.io.WeightsManifestEntry[];
  }[];
}

async function load(path: string): Promise<layers.LayersModel> {
  let document: Partial<Manifest>;
  try {
    document = JSON.parse(readFileSync(path, 'utf8')) as Partial<Manifest>;
  } catch (error) {
    throw new OperatorError(`the model ${path} must be a readable JSON file: ${(error as Error).message}`, {
      cause: error,
    });
  }
  const { modelTopology, weightsManifest } = document;
  if (modelTopology === undefined || weightsManifest === undefined) {
    throw invalidField(`the model ${path}`, 'have modelTopology and weightsManifest', Object.keys(document));
  }
  try {
    const parts = weightsManifest.flatMap(({ paths }) =>
      paths.map((name) => readFileSync(join(dirname(path), name))),
    );
    const weightData = Uint8Array.from(Buffer.concat(parts)).buffer;
    const weightSpecs = weightsManifest.flatMap(({ weights }) => weights);
    return await layers.loadLayersModel(tf.io.fromMemory({ modelTopology, weightSpecs, weightData }));
  } catch (error) {
    throw new OperatorError(`the model ${path} cannot be loaded: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

function inputShapeOf(model: layers.LayersModel, path: string, data: DataShape): readonly number[] {
  const shape = (model.inputs[0]?.shape ?? []).slice(1) as number[];
  if (model.inputs.length !== 1 || extentOf(shape) !== extentOf(data.featureShape)) {
    throw invalidField(`the input of ${path}`, `take the data's [${data.featureShape.join(', ')}]`, shape);
  }
  return shape;
}

function outputKindOf(model: layers.LayersModel, path: string, data: DataShape): 'scores' | 'probabilities' {
  const shape = (model.outputs[0]?.shape ?? []).slice(1);
  if (model.outputs.length !== 1 || shape.length !== 1 || shape[0] !== data.classes) {
    throw invalidField(`the output of ${path}`, `have one score for each of ${data.classes} classes`, shape);
  }
  const config = model.layers[model.layers.length - 1]?.getConfig() ?? {};
  const activation = typeof config.activation === 'string' ? config.activation : 'linear';
  if (activation === 'softmax') return 'probabilities';
  if (activation === 'linear') return 'scores';
  throw invalidField(`the last activation of ${path}`, 'be linear or softmax', activation);
}
