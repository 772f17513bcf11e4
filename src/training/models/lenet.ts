/**
 * LeNet-5 (LeCun et al. 1998) as it is trained today: ReLU, max pooling, 6 and 16 channels of 5 x 5, 120 and 84 units.
 * `width` multiplies channels and units.
 * With `batchNorm` each convolution is normalised before its ReLU. Grey images of 28 x 28 have 61,706 parameters.
 */
import type { DataShape, Task } from '../task.ts';
import { asImages, imageShapeOf } from './image-shape.ts';
import { flatten, LayerBuilder, maxPool2, relu, sequence, type Layer } from './layers.ts';
import { networkTask } from './network.ts';

/** Channels or units of a layer of LeNet-5 at another width. */
export function scaledUnits(count: number, width = 1): number {
  return Math.max(1, Math.round(count * width));
}

export function createLeNet(
  { batchNorm = false, width = 1 }: { readonly batchNorm?: boolean; readonly width?: number },
  data: DataShape,
): Task {
  const units = (count: number): number => scaledUnits(count, width);
  const shape = imageShapeOf('lenet', data);
  const builder = new LayerBuilder();
  const block = (name: string, from: number, to: number, pad: 'same' | 'valid'): Layer => {
    const convolution = builder.convolution(name, { kernel: 5, from, to, pad, bias: !batchNorm });
    return batchNorm
      ? sequence(convolution, builder.batchNorm(`${name}.norm`, to), relu, maxPool2)
      : sequence(convolution, relu, maxPool2);
  };
  const extent = (size: number): number => Math.floor((Math.floor(size / 2) - 4) / 2);
  const flat = extent(shape.height) * extent(shape.width) * units(16);
  const layers = sequence(
    block('conv1', shape.channels, units(6), 'same'),
    block('conv2', units(6), units(16), 'valid'),
    flatten,
    builder.dense('dense1', flat, units(120)),
    relu,
    builder.dense('dense2', units(120), units(84)),
    relu,
    builder.dense('dense3', units(84), data.classes),
  );
  return networkTask({
    name: batchNorm ? 'lenet-batch-norm' : 'lenet',
    builder,
    prepare: (features) => asImages(features, shape),
    layers,
  });
}
