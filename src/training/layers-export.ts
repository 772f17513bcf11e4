/**
 * A trained model as a TF.js Layers model (`model.json` and `weights.bin`, what `tf.loadLayersModel` reads in browsers
 * and Node): the built-in feed-forward models are written as the same layers. Its outputs are the scores (logits) that
 * the task predicts.
 */
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import type * as layers from '@tensorflow/tfjs-layers';
import { makeFolder } from '../files/folder.ts';
import { writeWholeFile } from '../files/whole-file.ts';
import { assert } from '../foundation/assert.ts';
import { OperatorError, invalidField } from '../foundation/operator-error.ts';
import { startBackend } from './backends/start-backend.ts';
import type { Dataset } from './dataset.ts';
import { CALIBRATION_EXAMPLES } from './gradient-engine.ts';
import { layersForm } from './layers-form.ts';
import { extentOf } from './memory-dataset.ts';
import { openTask } from './open-task.ts';
import { layoutOf, type DataShape, type Task } from './task.ts';
import type { TaskSpec } from './task-spec.ts';

/** Whether an export needs examples: TF.js keeps the means and variances that batch normalisers evaluate with. */
export function needsCalibration(spec: TaskSpec): boolean {
  if (spec.kind === 'lenet') return spec.batchNorm === true;
  return spec.kind === 'ctma-cnn' || (spec.kind === 'resnet-18' && (spec.norm ?? 'batch') === 'batch');
}

export interface LayersExport {
  readonly spec: TaskSpec;
  readonly data: DataShape;
  readonly parameters: Float32Array;
  readonly metadata?: Readonly<Record<string, unknown>>;
  /** The training set, for models that normalise batches: its first examples give the statistics, as in evaluation. */
  readonly calibration?: Dataset;
}

/** Writes the two files into `dir`. Throws OperatorError where the model has no such form. */
export async function writeLayersModel(dir: string, options: LayersExport): Promise<void> {
  const { spec, data, parameters, metadata = {}, calibration } = options;
  await startBackend(needsCalibration(spec) ? 'wasm' : 'cpu', { allowSoftware: false });
  const { model, weighted } = layersForm(spec, data);
  const task = await openTask(spec, data);
  const { total, offsets } = layoutOf(task.parameters);
  if (parameters.length !== total) {
    throw invalidField('the parameters', `have the ${total} values of ${task.name}`, parameters.length);
  }
  const weights = task.parameters.map(({ shape }, i) => {
    const offset = offsets[i] as number;
    return tf.tensor(parameters.slice(offset, offset + extentOf(shape)), [...shape]);
  });
  const statistics = calibrate(task, weights, calibration);
  try {
    setWeights(weighted, weights, statistics);
    model.setUserDefinedMetadata({ ...metadata });
    await model.save(tf.io.withSaveHandler((artifacts) => saveArtifacts(dir, artifacts)));
  } finally {
    tf.dispose([...weights, ...statistics]);
    model.dispose();
  }
}

/** [mean, variance] of every normaliser, in the order of the parameters. */
function calibrate(
  task: Task,
  weights: readonly tf.Tensor[],
  data: Dataset | undefined,
): readonly tf.Tensor[] {
  if (task.calibrate === undefined) return [];
  if (data === undefined) {
    throw new OperatorError('the export of a model with batch norm must be given its training set');
  }
  const size = Math.min(CALIBRATION_EXAMPLES, data.size);
  const { features } = data.read(Array.from({ length: size }, (_, i) => i));
  return tf.tidy(() => {
    const examples = tf.tensor(features, [size, ...data.featureShape], data.featureType);
    return [...(task.calibrate?.(weights, examples) ?? [])];
  });
}

/** A normaliser's weights are scale, shift, mean and variance; every other layer's come from the parameters alone. */
function setWeights(
  weighted: readonly layers.layers.Layer[],
  parameters: readonly tf.Tensor[],
  statistics: readonly tf.Tensor[],
): void {
  let [nextParameter, nextStatistic] = [0, 0];
  for (const layer of weighted) {
    const fixed = layer.nonTrainableWeights.length;
    const learnt = layer.trainableWeights.length;
    layer.setWeights([
      ...parameters.slice(nextParameter, nextParameter + learnt),
      ...statistics.slice(nextStatistic, nextStatistic + fixed),
    ]);
    nextParameter += learnt;
    nextStatistic += fixed;
  }
  assert(nextParameter === parameters.length, 'every parameter has its place in a layer');
  assert(nextStatistic === statistics.length, 'every statistic has its place in a layer');
}

function saveArtifacts(dir: string, artifacts: tf.io.ModelArtifacts): Promise<tf.io.SaveResult> {
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
  makeFolder(dir);
  writeWholeFile(join(dir, 'weights.bin'), Buffer.concat(parts.map((part) => new Uint8Array(part))));
  writeWholeFile(join(dir, 'model.json'), JSON.stringify(document));
  return Promise.resolve({ modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: 'JSON' } });
}
