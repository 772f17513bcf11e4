/**
 * A decoder-only character transformer in GPT-2's form (Radford et al. 2019): learned positions, pre-norm blocks of
 * causal self-attention and a GELU network four times as wide, a last normalisation, and scores from the tied
 * embedding. Features are windows of tokens [context], labels the token after each. No dropout: a loss is a function
 * of parameters and batch alone.
 */
import * as tf from '@tensorflow/tfjs-core';
import { assert } from '../../foundation/assert.ts';
import { invalidField } from '../../foundation/operator-error.ts';
import { causalAttention } from '../operations/causal-attention.ts';
import { embedding } from '../operations/embedding.ts';
import { gelu } from '../operations/gelu.ts';
import type { DataShape, Task } from '../task.ts';
import { LayerBuilder, type Layer } from './layers.ts';
import { networkTask } from './network.ts';

export interface TransformerOptions {
  readonly layers: number;
  readonly heads: number;
  readonly width: number;
}

const DEVIATION = 0.02;

export function createTransformer({ layers, heads, width }: TransformerOptions, data: DataShape): Task {
  const [context] = data.featureShape;
  if (context === undefined || data.featureShape.length !== 1 || data.featureType !== 'int32') {
    throw invalidField('the data of transformer', 'be windows of tokens', data.featureShape);
  }
  if (width % heads !== 0)
    throw invalidField('transformer.width', `be a multiple of heads = ${heads}`, width);
  const builder = new LayerBuilder();
  const normal = { kind: 'normal', deviation: DEVIATION } as const;
  // GPT-2 scales the layers that write into the residual stream by their number
  const residual = { kind: 'normal', deviation: DEVIATION / Math.sqrt(2 * layers) } as const;
  const table = builder.parameter('embedding', [data.classes, width], normal);
  const positions = builder.parameter('positions', [context, width], normal);

  const block = (name: string): Layer => {
    const norm1 = builder.layerNorm(`${name}.norm1`, width);
    const queryKeyValue = builder.dense(`${name}.attention`, width, 3 * width, normal);
    const project = builder.dense(`${name}.projection`, width, width, residual);
    const norm2 = builder.layerNorm(`${name}.norm2`, width);
    const widen = builder.dense(`${name}.widen`, width, 4 * width, normal);
    const narrow = builder.dense(`${name}.narrow`, 4 * width, width, residual);
    return (pass, x) => {
      const mixed = causalAttention(queryKeyValue(pass, norm1(pass, x)), heads, context);
      const attended = tf.add(x, project(pass, mixed));
      return tf.add(attended, narrow(pass, gelu(widen(pass, norm2(pass, attended)))));
    };
  };

  const blocks = Array.from({ length: layers }, (_, i) => block(`block${i}`));
  const lastNorm = builder.layerNorm('norm', width);
  return networkTask({
    name: `transformer-${layers}x${width}`,
    builder,
    prepare: (tokens) => tokens,
    layers: (pass, tokens) => {
      assert(tokens.shape[1] === context, `windows of ${context} tokens`);
      const weights = table(pass) as tf.Tensor2D;
      const embedded = tf.add(embedding(weights, tokens), positions(pass));
      let x: tf.Tensor = tf.reshape(embedded, [-1, width]);
      for (const one of blocks) x = one(pass, x);
      const scores = tf.matMul(lastNorm(pass, x), weights, false, true);
      return tf.reshape(scores, [-1, context, data.classes]);
    },
    chunkSize: 64,
  });
}
