/**
 * Scaled dot-product self-attention (Vaswani et al. 2017) in which a position sees itself and those before it. Queries,
 * keys and values come in one matrix, as their layer writes them.
 */
import * as tf from '@tensorflow/tfjs-core';
import { runFused } from './fused.ts';

const HIDDEN_SCORE = -1e9;

/** qkv [size * context, 3 width], heads side by side; gives [size * context, width]. */
export function causalAttention(qkv: tf.Tensor, heads: number, context: number): tf.Tensor {
  const width = (qkv.shape[1] as number) / 3;
  const depth = width / heads;
  const size = qkv.shape[0] / context;
  // [3, size * heads, context, depth]
  const split = tf.transpose(tf.reshape(qkv, [size, context, 3, heads, depth]), [2, 0, 3, 1, 4]);
  const [query, key, value] = tf.unstack(tf.reshape(split, [3, size * heads, context, depth])) as [
    tf.Tensor3D,
    tf.Tensor3D,
    tf.Tensor3D,
  ];
  const scores = tf.matMul(query, key, false, true);
  const weights = causalSoftmax(scores, 1 / Math.sqrt(depth));
  const mixed = tf.reshape(tf.matMul(weights as tf.Tensor3D, value), [size, heads, context, depth]);
  return tf.reshape(tf.transpose(mixed, [0, 2, 1, 3]), [size * context, width]);
}

/** Row i of each square matrix: softmax of its first i + 1 entries times `scale`, zero after them. */
function causalSoftmax(scores: tf.Tensor, scale: number): tf.Tensor {
  const operation = tf.customGrad((...args) => {
    const [input, save] = args as unknown as [tf.Tensor, tf.GradSaveFunc];
    const value =
      runFused('CausalSoftmax', { scores: input }, { scale })?.[0] ?? composedForward(input, scale);
    save([value]);
    const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]): tf.Tensor => {
      const weights = saved[0] as tf.Tensor;
      const fused = runFused('CausalSoftmaxGrad', { dy, weights }, { scale });
      if (fused !== undefined) return fused[0] as tf.Tensor;
      const weighted = tf.mul(dy, weights);
      return tf.mul(tf.sub(weighted, tf.mul(weights, tf.sum(weighted, -1, true))), scale);
    };
    return { value, gradFunc };
  });
  return operation(scores);
}

function composedForward(scores: tf.Tensor, scale: number): tf.Tensor {
  const context = scores.shape[scores.shape.length - 1] as number;
  const place = tf.range(0, context, 1, 'float32');
  const later = tf.cast(tf.less(tf.reshape(place, [-1, 1]), tf.reshape(place, [1, -1])), 'float32');
  return tf.softmax(tf.add(tf.mul(scores, scale), tf.mul(later, HIDDEN_SCORE)));
}
