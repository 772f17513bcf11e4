/**
 * LeNet-5 (LeCun et al. 1998) as it is trained today: ReLU, max pooling, 6 and 16 channels of 5 x 5, 120 and 84 units.
 * With `batchNorm` each convolution is normalised before its ReLU. Grey images of 28 x 28 have 61,706 parameters.
 */
import type { DataShape, Task } from '../task.ts';
import { asImages, imageShapeOf } from './image-shape.ts';
import { flatten, LayerBuilder, maxPool2, relu, sequence, type Layer } from './layers.ts';
import { networkTask } from './network.ts';

export function createLeNet({ batchNorm = false }: { readonly batchNorm?: boolean }, data: DataShape): Task {
  const shape = imageShapeOf('lenet', data);
  const builder = new LayerBuilder();
  const block = (name: string, from: number, to: number, pad: 'same' | 'valid'): Layer => {
    const convolution = builder.convolution(name, { kernel: 5, from, to, pad, bias: !batchNorm });
    return batchNorm
      ? sequence(convolution, builder.batchNorm(`${name}.norm`, to), relu, maxPool2)
      : sequence(convolution, relu, maxPool2);
  };
  const extent = (size: number): number => Math.floor((Math.floor(size / 2) - 4) / 2);
  const flat = extent(shape.height) * extent(shape.width) * 16;
  const layers = sequence(
    block('conv1', shape.channels, 6, 'same'),
    block('conv2', 6, 16, 'valid'),
    flatten,
    builder.dense('dense1', flat, 120),
    relu,
    builder.dense('dense2', 120, 84),
    relu,
    builder.dense('dense3', 84, data.classes),
  );
  return networkTask({
    name: batchNorm ? 'lenet-batch-norm' : 'lenet',
    builder,
    prepare: (features) => asImages(features, shape),
    layers,
  });
}
