/**
 * The built-in feed-forward models as TF.js layers: the same operations in the same order, outputs are scores (logits).
 * `weighted` lists the layers with weights in the order of the task's parameters, and so of its normalisers.
 */
import * as layers from '@tensorflow/tfjs-layers';
import { invalidField } from '../foundation/operator-error.ts';
import { extentOf } from './memory-dataset.ts';
import { imageShapeOf } from './models/image-shape.ts';
import { scaledUnits } from './models/lenet.ts';
import { NORM_EPSILON } from './operations/batch-norm.ts';
import type { DataShape } from './task.ts';
import type { TaskSpec } from './task-spec.ts';

type Layer = layers.layers.Layer;

export interface LayersForm {
  readonly model: layers.LayersModel;
  readonly weighted: readonly Layer[];
}

const EXPORTED =
  'mlp, logistic-regression (softmax), lenet, ctma-cnn, marina-cnn or resnet-18 with batch norm, of which TF.js has all layers';

/** Throws OperatorError where the model has no such form. */
export function layersForm(spec: TaskSpec, data: DataShape): LayersForm {
  if (spec.kind === 'resnet-18' && (spec.norm ?? 'batch') === 'batch')
    return residualForm(spec.width ?? 64, data);
  const list = sequenceOf(spec, data);
  const weighted = list.filter((layer) => !/^(flatten|reshape|pool|relu)/.test(layer.name));
  return { model: layers.sequential({ layers: list, name: spec.kind }), weighted };
}

function sequenceOf(spec: TaskSpec, data: DataShape): Layer[] {
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
    case 'lenet': {
      const units = (count: number): number => scaledUnits(count, spec.width);
      const block = (i: 1 | 2, filters: number, padding: 'same' | 'valid'): Layer[] =>
        spec.batchNorm === true
          ? [bare(`conv${i}`, 5, filters, 1, padding), norm(`norm${i}`), relu(`relu${i}`)]
          : [convolution(`conv${i}`, 5, filters, padding)];
      return [
        images('lenet', data),
        ...block(1, units(6), 'same'),
        pooling('pool1'),
        ...block(2, units(16), 'valid'),
        pooling('pool2'),
        layers.layers.flatten({ name: 'flatten' }),
        dense('dense1', units(120), 'relu'),
        dense('dense2', units(84), 'relu'),
        dense('dense3', data.classes),
      ];
    }
    case 'ctma-cnn': {
      const block = (i: 1 | 2, filters: number): Layer[] => [
        layers.layers.conv2d({ name: `conv${i}`, kernelSize: 5, filters, padding: 'same' }),
        norm(`norm${i}`),
        relu(`relu${i}`),
        pooling(`pool${i}`),
      ];
      return [
        images('ctma-cnn', data),
        ...block(1, 16),
        ...block(2, 32),
        layers.layers.flatten({ name: 'flatten' }),
        dense('dense', data.classes),
      ];
    }
    case 'marina-cnn':
      return [
        images('marina-cnn', data),
        convolution('conv1', 3, 32, 'valid'),
        convolution('conv2', 3, 64, 'valid'),
        pooling('pool'),
        layers.layers.flatten({ name: 'flatten' }),
        dense('dense1', 128, 'relu'),
        dense('dense2', data.classes),
      ];
    case 'resnet-18':
    case 'transformer':
    case 'layers-model':
    case 'task-module':
      break;
  }
  throw invalidField('the model of a TF.js export', `be ${EXPORTED}`, spec.kind);
}

/** ResNet-18 as a graph of layers: `models/resnet-18.ts` block by block. */
function residualForm(width: number, data: DataShape): LayersForm {
  const weighted: Layer[] = [];
  const apply = (layer: Layer, x: layers.SymbolicTensor | layers.SymbolicTensor[]) =>
    layer.apply(x) as layers.SymbolicTensor;
  const normalized = (name: string, to: number, kernel: number, stride: number) => {
    const pair = [bare(name, kernel, to, stride, 'same'), norm(`${name}_norm`)] as const;
    weighted.push(...pair);
    return (x: layers.SymbolicTensor) => apply(pair[1], apply(pair[0], x));
  };
  const block = (x: layers.SymbolicTensor, name: string, from: number, to: number, stride: number) => {
    const [first, second] = [
      normalized(`${name}_conv1`, to, 3, stride),
      normalized(`${name}_conv2`, to, 3, 1),
    ];
    const shortcut = from === to && stride === 1 ? undefined : normalized(`${name}_shortcut`, to, 1, stride);
    const branch = second(apply(relu(`${name}_relu1`), first(x)));
    const sum = apply(layers.layers.add({ name: `${name}_add` }), [branch, shortcut?.(x) ?? x]);
    return apply(relu(`${name}_relu2`), sum);
  };
  const input = layers.input({ shape: [...data.featureShape] });
  const { height, width: columns, channels } = imageShapeOf('resnet-18', data);
  let x = apply(layers.layers.reshape({ targetShape: [height, columns, channels] }), input);
  x = apply(relu('stem_relu'), normalized('stem', width, 3, 1)(x));
  let from = width;
  for (let stage = 0; stage < 4; stage++) {
    const to = width << stage;
    x = block(x, `stage${stage}_0`, from, to, stage === 0 ? 1 : 2);
    x = block(x, `stage${stage}_1`, to, to, 1);
    from = to;
  }
  const last = dense('dense', data.classes);
  weighted.push(last);
  const outputs = apply(last, apply(layers.layers.globalAveragePooling2d({ name: 'average' }), x));
  return { model: layers.model({ inputs: input, outputs, name: 'resnet-18' }), weighted };
}

function flattened({ featureShape }: DataShape): Layer {
  // not a flatten layer: that refuses rows of a table, which are flat already
  const targetShape = [extentOf(featureShape)];
  return layers.layers.reshape({ name: 'reshape', inputShape: [...featureShape], targetShape });
}

function images(model: string, data: DataShape): Layer {
  const { height, width, channels } = imageShapeOf(model, data);
  const inputShape = [...data.featureShape];
  return layers.layers.reshape({ name: 'reshape', inputShape, targetShape: [height, width, channels] });
}

function dense(name: string, units: number, activation?: 'relu'): Layer {
  return layers.layers.dense({ name, units, ...(activation && { activation }) });
}

function convolution(name: string, kernelSize: number, filters: number, padding: 'same' | 'valid'): Layer {
  return layers.layers.conv2d({ name, kernelSize, filters, padding, activation: 'relu' });
}

/** Without a bias: the normaliser that follows has a shift. */
function bare(
  name: string,
  kernelSize: number,
  filters: number,
  strides: number,
  padding: 'same' | 'valid',
): Layer {
  return layers.layers.conv2d({ name, kernelSize, filters, strides, padding, useBias: false });
}

function norm(name: string): Layer {
  return layers.layers.batchNormalization({ name, epsilon: NORM_EPSILON });
}

function relu(name: string): Layer {
  return layers.layers.reLU({ name });
}

function pooling(name: string): Layer {
  return layers.layers.maxPooling2d({ name, poolSize: 2, strides: 2 });
}
