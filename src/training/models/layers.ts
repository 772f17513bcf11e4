/** Layers for the built-in models: each declares its parameters when it is built and is applied to tensors in a pass. */
import * as tf from '@tensorflow/tfjs-core';
import { present } from '../../foundation/assert.ts';
import type { BatchStatistics } from '../operations/batch-norm.ts';
import { addBias } from '../operations/bias.ts';
import { relu as rectify } from '../operations/relu.ts';
import { groupNorm, layerNorm } from '../operations/row-norm.ts';
import type { Initializer, ParameterSpec } from '../task.ts';

/** One forward pass: the parameters, and where batch normalisation gets its statistics. */
export interface Pass {
  readonly parameters: readonly tf.Tensor[];
  readonly statistics: BatchStatistics;
}

export type Layer = (pass: Pass, x: tf.Tensor) => tf.Tensor;

export interface ConvolutionOptions {
  readonly kernel: number;
  readonly from: number;
  readonly to: number;
  readonly stride?: number;
  readonly pad?: 'same' | 'valid';
  /** True unless a normaliser follows that has a shift of its own. */
  readonly bias?: boolean;
}

export class LayerBuilder {
  readonly parameters: ParameterSpec[] = [];
  normalizesBatches = false;

  /** Declares a parameter; the function finds it in a pass. */
  parameter(name: string, shape: readonly number[], init: Initializer): (pass: Pass) => tf.Tensor {
    const place = this.parameters.push({ name, shape, init }) - 1;
    return ({ parameters }) => present(parameters[place], name);
  }

  dense(
    name: string,
    from: number,
    to: number,
    init: Initializer = { kind: 'he-normal', fanIn: from },
  ): Layer {
    const weight = this.parameter(`${name}.weight`, [from, to], init);
    const bias = this.parameter(`${name}.bias`, [to], { kind: 'zeros' });
    return (pass, x) => addBias(tf.matMul(x, weight(pass)), bias(pass));
  }

  /** NHWC images, filters [kernel, kernel, from, to]. */
  convolution(name: string, options: ConvolutionOptions): Layer {
    const { kernel, from, to, stride = 1, pad = 'same', bias = true } = options;
    const init = { kind: 'he-normal', fanIn: kernel * kernel * from } as const;
    const weight = this.parameter(`${name}.weight`, [kernel, kernel, from, to], init);
    const shift = bias ? this.parameter(`${name}.bias`, [to], { kind: 'zeros' }) : undefined;
    return (pass, x) => {
      const y = tf.conv2d(x as tf.Tensor4D, weight(pass) as tf.Tensor4D, stride, pad);
      return shift === undefined ? y : addBias(y, shift(pass));
    };
  }

  batchNorm(name: string, channels: number): Layer {
    this.normalizesBatches = true;
    const { gamma, beta } = this.scaleAndShift(name, channels);
    return (pass, x) => pass.statistics.normalize(x, gamma(pass), beta(pass));
  }

  groupNorm(name: string, channels: number, groups: number): Layer {
    const { gamma, beta } = this.scaleAndShift(name, channels);
    return (pass, x) => groupNorm(x, gamma(pass), beta(pass), groups);
  }

  layerNorm(name: string, width: number): Layer {
    const { gamma, beta } = this.scaleAndShift(name, width);
    return (pass, x) => layerNorm(x, gamma(pass), beta(pass));
  }

  private scaleAndShift(name: string, width: number): Record<'gamma' | 'beta', (pass: Pass) => tf.Tensor1D> {
    const gamma = this.parameter(`${name}.gamma`, [width], { kind: 'ones' });
    const beta = this.parameter(`${name}.beta`, [width], { kind: 'zeros' });
    return { gamma: (pass) => gamma(pass) as tf.Tensor1D, beta: (pass) => beta(pass) as tf.Tensor1D };
  }
}

export const relu: Layer = (_, x) => rectify(x);
export const maxPool2: Layer = (_, x) => tf.maxPool(x as tf.Tensor4D, 2, 2, 'valid');
export const flatten: Layer = (_, x) => tf.reshape(x, [x.shape[0], -1]);

export function sequence(...layers: readonly Layer[]): Layer {
  return (pass, x) => layers.reduce((value, layer) => layer(pass, value), x);
}
