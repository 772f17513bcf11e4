/** The MNIST networks of two papers, as their released code builds them. */
import type { DataShape, Task } from '../task.ts';
import { asImages, imageShapeOf } from './image-shape.ts';
import { flatten, LayerBuilder, maxPool2, relu, sequence } from './layers.ts';
import { networkTask } from './network.ts';

/** CTMA (arXiv 2405.14759): twice conv 5 x 5 (pad 2), batch norm, ReLU, max pooling, with 16 and 32 channels; dense. */
export function createCtmaCnn(data: DataShape): Task {
  const shape = imageShapeOf('ctma-cnn', data);
  const builder = new LayerBuilder();
  const layers = sequence(
    builder.convolution('conv1', { kernel: 5, from: shape.channels, to: 16 }),
    builder.batchNorm('norm1', 16),
    relu,
    maxPool2,
    builder.convolution('conv2', { kernel: 5, from: 16, to: 32 }),
    builder.batchNorm('norm2', 32),
    relu,
    maxPool2,
    flatten,
    builder.dense('dense', (shape.height >> 2) * (shape.width >> 2) * 32, data.classes),
  );
  return networkTask({
    name: 'ctma-cnn',
    builder,
    prepare: (features) => asImages(features, shape),
    layers,
  });
}

/**
 * Byz-VR-MARINA-PP (arXiv 2311.14127): conv 3 x 3 with 32 and 64 channels, max pooling, dense 9216-128-10. Departure:
 * no dropout, since a loss here is a function of parameters and batch alone (two gradients of one batch must agree).
 */
export function createMarinaCnn(data: DataShape): Task {
  const shape = imageShapeOf('marina-cnn', data);
  const builder = new LayerBuilder();
  const flat = ((shape.height - 4) >> 1) * ((shape.width - 4) >> 1) * 64;
  const layers = sequence(
    builder.convolution('conv1', { kernel: 3, from: shape.channels, to: 32, pad: 'valid' }),
    relu,
    builder.convolution('conv2', { kernel: 3, from: 32, to: 64, pad: 'valid' }),
    relu,
    maxPool2,
    flatten,
    builder.dense('dense1', flat, 128),
    relu,
    builder.dense('dense2', 128, data.classes),
  );
  return networkTask({
    name: 'marina-cnn',
    builder,
    prepare: (features) => asImages(features, shape),
    layers,
    chunkSize: 128,
  });
}
