/** How a model reads images: NHWC, grey images with or without their axis of one channel. */
import * as tf from '@tensorflow/tfjs-core';
import { invalidField } from '../../foundation/operator-error.ts';
import type { DataShape } from '../task.ts';

export interface ImageShape {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
}

export function imageShapeOf(model: string, { featureShape }: DataShape): ImageShape {
  const [height, width, channels = 1] = featureShape;
  if (height === undefined || width === undefined || featureShape.length > 3) {
    throw invalidField(
      `the data of ${model}`,
      'be images [height, width] or [height, width, channels]',
      featureShape,
    );
  }
  return { height, width, channels };
}

export function asImages(features: tf.Tensor, { height, width, channels }: ImageShape): tf.Tensor4D {
  return tf.reshape<tf.Rank.R4>(features, [-1, height, width, channels]);
}
