/**
 * A TF.js Layers model saved on disk as a task: its trainable weights are the parameters and begin with the file's
 * values. Layers run as in inference: dropout is off and batch normalisation keeps the file's statistics, since a loss
 * is a function of parameters and batch alone.
 */
import * as tf from '@tensorflow/tfjs-core';
import * as layers from '@tensorflow/tfjs-layers';
import { present } from '../../foundation/assert.ts';
import { OperatorError, invalidField, reasonOf } from '../../foundation/operator-error.ts';
import { startBackend } from '../backends/start-backend.ts';
import { extentOf } from '../memory-dataset.ts';
import { readModelJson, readWeightData } from '../model-json.ts';
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

async function load(path: string): Promise<layers.LayersModel> {
  const document = readModelJson(path);
  const { modelTopology, weights } = document;
  try {
    const weightSpecs = weights as unknown as tf.io.WeightsManifestEntry[];
    const weightData = readWeightData(document);
    return await layers.loadLayersModel(tf.io.fromMemory({ modelTopology, weightSpecs, weightData }));
  } catch (error) {
    if (error instanceof OperatorError) throw error;
    throw new OperatorError(`the model ${path} cannot be loaded: ${faultOfTopology(error)}`, {
      cause: error,
    });
  }
}

/** TF.js tells of layers that it does not know in several lines, and of malformed ones by what it stumbled over. */
function faultOfTopology(error: unknown): string {
  const reason = reasonOf(error);
  const [, unknown] = /^Unknown \w+: ([\w>]+)/.exec(reason) ?? [];
  if (unknown !== undefined) return `its layer ${unknown} is none that TensorFlow.js has`;
  if (/Cannot read prop|is not (a function|iterable|defined)/.test(reason)) {
    return `its topology is not one that TensorFlow.js writes (${reason})`;
  }
  return reason;
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
