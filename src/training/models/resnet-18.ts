/**
 * ResNet-18 for small images (He et al. 2016, in the form used for CIFAR: a 3 x 3 stem of stride 1 and no first
 * pooling): four stages of two basic blocks, projection shortcuts where the shape changes, global average pooling.
 * Width 64 and three channels have 11,173,962 parameters for ten classes.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { DataShape, Task } from '../task.ts';
import { asImages, imageShapeOf } from './image-shape.ts';
import { LayerBuilder, relu, sequence, type Layer } from './layers.ts';
import { networkTask } from './network.ts';

export interface ResNetOptions {
  /** Group norm (32 groups at most, at least 2 channels each) and layer norm (one group) need no batch statistics. */
  readonly norm?: 'batch' | 'group' | 'layer';
  /** Channels of the first stage. */
  readonly width?: number;
}

export function createResNet18({ norm = 'batch', width = 64 }: ResNetOptions, data: DataShape): Task {
  const shape = imageShapeOf('resnet-18', data);
  const builder = new LayerBuilder();
  const normalizer = (name: string, channels: number): Layer =>
    norm === 'batch'
      ? builder.batchNorm(name, channels)
      : builder.groupNorm(name, channels, norm === 'layer' ? 1 : groupsFor(channels));
  const convolution = (name: string, from: number, to: number, kernel: number, stride: number): Layer =>
    sequence(
      builder.convolution(name, { kernel, from, to, stride, bias: false }),
      normalizer(`${name}.norm`, to),
    );

  const block = (name: string, from: number, to: number, stride: number): Layer => {
    const first = sequence(convolution(`${name}.conv1`, from, to, 3, stride), relu);
    const second = convolution(`${name}.conv2`, to, to, 3, 1);
    const shortcut =
      from === to && stride === 1 ? undefined : convolution(`${name}.shortcut`, from, to, 1, stride);
    return (pass, x) => {
      const branch = second(pass, first(pass, x));
      return relu(pass, tf.add(branch, shortcut === undefined ? x : shortcut(pass, x)));
    };
  };

  const layers: Layer[] = [convolution('stem', shape.channels, width, 3, 1), relu];
  let from = width;
  for (let stage = 0; stage < 4; stage++) {
    const to = width << stage;
    layers.push(block(`stage${stage}.0`, from, to, stage === 0 ? 1 : 2), block(`stage${stage}.1`, to, to, 1));
    from = to;
  }
  layers.push((_, x) => tf.mean(x, [1, 2]), builder.dense('dense', from, data.classes));
  return networkTask({
    name: `resnet-18-${norm}-norm${width === 64 ? '' : `-${width}`}`,
    builder,
    prepare: (features) => asImages(features, shape),
    layers: sequence(...layers),
    chunkSize: 128,
  });
}

function groupsFor(channels: number): number {
  let groups = Math.min(32, channels >> 1);
  while (groups > 1 && channels % groups !== 0) groups--;
  return Math.max(1, groups);
}
