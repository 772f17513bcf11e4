/**
 * A trained model as a TF.js Layers model (`model.json` and `weights.bin`, what `tf.loadLayersModel` reads in browsers
 * and Node): the built-in feed-forward models are written as the same layers. Its outputs are the scores (logits) that
 * the task predicts.
 */
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import * as layers from '@tensorflow/tfjs-layers';
import { OperatorError, invalidField } from '../foundation/operator-error.ts';
import { startBackend } from './backends/start-backend.ts';
import { extentOf } from './memory-dataset.ts';
import { imageShapeOf } from './models/image-shape.ts';
import { openTask } from './open-task.ts';
import { layoutOf, type DataShape } from './task.ts';
import type { TaskSpec } from './task-spec.ts';

type Layer = layers.layers.Layer;

const EXPORTED = 'mlp, logistic-regression (softmax), lenet without batch norm or marina-cnn';

/** Writes the two files into `dir`. Throws OperatorError where the model has no such form. */
export async function writeLayersModel(
  dir: string,
  spec: TaskSpec,
  data: DataShape,
  parameters: Float32Array,
  metadata: Readonly<Record<string, unknown>> = {},
): Promise<void> {
  await startBackend('cpu', { allowSoftware: false });
  const description = layersOf(spec, data);
  const task = await openTask(spec, data);
  const { total, offsets } = layoutOf(task.parameters);
  if (parameters.length !== total) {
    throw invalidField('the parameters', `have the ${total} values of ${task.name}`, parameters.length);
  }
  const model = layers.sequential({ layers: description, name: spec.kind });
  const weights = task.parameters.map(({ shape }, i) => {
    const offset = offsets[i] as number;
    return tf.tensor(parameters.slice(offset, offset + extentOf(shape)), [...shape]);
  });
  try {
    model.setWeights(weights);
    model.setUserDefinedMetadata({ ...metadata });
    await model.save(tf.io.withSaveHandler((artifacts) => saveArtifacts(dir, artifacts)));
  } finally {
    tf.dispose(weights);
    model.dispose();
  }
}

async function saveArtifacts(dir: string, artifacts: tf.io.ModelArtifacts): Promise<tf.io.SaveResult> {
  const { modelTopology, weightSpecs, weightData, userDefinedMetadata } = artifacts;
  const document = {
    format: 'layers-model',
    generatedBy: 'synod',
    convertedBy: null,
    modelTopology,
    userDefinedMetadata,
    weightsManifest: [{ paths: ['weights.bin'], weights: weightSpecs }],
  };
  const parts = Array.isArray(weightData) ? weightData : [weightData as ArrayBuffer];
  try {
    await mkdir(dir, { recursive: true });
    await writeWhole(join(dir, 'weights.bin'), Buffer.concat(parts.map((part) => new Uint8Array(part))));
    await writeWhole(join(dir, 'model.json'), JSON.stringify(document));
  } catch (error) {
    throw new OperatorError(`cannot write to ${dir}: ${(error as NodeJS.ErrnoException).code}`);
  }
  return { modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: 'JSON' } };
}

async function writeWhole(path: string, content: Uint8Array | string): Promise<void> {
  await writeFile(`${path}.partial`, content);
  await rename(`${path}.partial`, path);
}

function layersOf(spec: TaskSpec, data: DataShape): Layer[] {
  switch (spec.kind) {
    case 'mlp':
      return [
        flattened(data),
        ...spec.hidden.map((units, i) => dense(`layer${i}`, units, 'relu')),
        dense(`layer${spec.hidden.length}`, data.classes),
      ];
    case 'logistic-regression':
      if (spec.form !== 'softmax') break;
      return [
        flattened(data),
        layers.layers.dense({ name: 'softmax', units: data.classes, useBias: spec.bias ?? true }),
      ];
    case 'lenet':
      if (spec.batchNorm === true) break;
      return [
        images('lenet', data),
        convolution('conv1', 5, 6, 'same'),
        pooling('pool1'),
        convolution('conv2', 5, 16, 'valid'),
        pooling('pool2'),
        layers.layers.flatten(),
        dense('dense1', 120, 'relu'),
        dense('dense2', 84, 'relu'),
        dense('dense3', data.classes),
      ];
    case 'marina-cnn':
      return [
        images('marina-cnn', data),
        convolution('conv1', 3, 32, 'valid'),
        convolution('conv2', 3, 64, 'valid'),
        pooling('pool'),
        layers.layers.flatten(),
        dense('dense1', 128, 'relu'),
        dense('dense2', data.classes),
      ];
    case 'ctma-cnn':
    case 'resnet-18':
    case 'transformer':
    case 'layers-model':
    case 'task-module':
      break;
  }
  throw invalidField('the model of a TF.js export', `be ${EXPORTED}`, spec.kind);
}

function flattened({ featureShape }: DataShape): Layer {
  return layers.layers.flatten({ inputShape: [...featureShape] });
}

function images(model: string, data: DataShape): Layer {
  const { height, width, channels } = imageShapeOf(model, data);
  const inputShape = [...data.featureShape];
  return layers.layers.reshape({ inputShape, targetShape: [height, width, channels] });
}

function dense(name: string, units: number, activation?: 'relu'): Layer {
  return layers.layers.dense({ name, units, ...(activation && { activation }) });
}

function convolution(name: string, kernelSize: number, filters: number, padding: 'same' | 'valid'): Layer {
  return layers.layers.conv2d({ name, kernelSize, filters, padding, activation: 'relu' });
}

function pooling(name: string): Layer {
  return layers.layers.maxPooling2d({ name, poolSize: 2, strides: 2 });
}
