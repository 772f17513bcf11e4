/**
 * Scaled dot-product self-attention (Vaswani et al. 2017) in which a position sees itself and those before it. Queries,
 * keys and values come in one matrix, as their layer writes them.
 */
import * as tf from '@tensorflow/tfjs-core';
import { runFused } from './fused.ts';

const HIDDEN_SCORE = -1e9;

/** qkv [size * context, 3 width], heads side by side; gives [size * context, width]. */
export function causalAttention(qkv: tf.Tensor, heads: number, context: number): tf.Tensor {
  const attributes = { heads, context };
  const operation = tf.customGrad((...args) => {
    const [input, save] = args as unknown as [tf.Tensor, tf.GradSaveFunc];
    const [mixed, weights] =
      runFused('Attention', { qkv: input }, attributes) ?? composedForward(input, heads, context);
    save([input, weights as tf.Tensor]);
    const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]): tf.Tensor => {
      const [sQkv, sWeights] = saved as [tf.Tensor, tf.Tensor];
      const fused = runFused('AttentionGrad', { dy, qkv: sQkv, weights: sWeights }, attributes);
      return fused?.[0] ?? composedGradient(dy, sQkv, sWeights, heads, context);
    };
    return { value: mixed as tf.Tensor, gradFunc };
  });
  return operation(qkv);
}

/** Splits heads: [size * context, parts * width] to `parts` tensors [size * heads, context, depth]. */
function splitHeads(x: tf.Tensor, parts: number, heads: number, context: number): tf.Tensor3D[] {
  const depth = (x.shape[1] as number) / parts / heads;
  const size = x.shape[0] / context;
  const apart = tf.transpose(tf.reshape(x, [size, context, parts, heads, depth]), [2, 0, 3, 1, 4]);
  return tf.unstack(tf.reshape<tf.Rank.R4>(apart, [parts, size * heads, context, depth])) as tf.Tensor3D[];
}

function joinHeads(parts: readonly tf.Tensor[], heads: number): tf.Tensor {
  const [rows, context, depth] = (parts[0] as tf.Tensor).shape as [number, number, number];
  const size = rows / heads;
  const stacked = tf.reshape(tf.stack([...parts]), [parts.length, size, heads, context, depth]);
  return tf.reshape(tf.transpose(stacked, [1, 3, 0, 2, 4]), [size * context, parts.length * heads * depth]);
}

function composedForward(qkv: tf.Tensor, heads: number, context: number): tf.Tensor[] {
  const [query, key, value] = splitHeads(qkv, 3, heads, context) as [tf.Tensor3D, tf.Tensor3D, tf.Tensor3D];
  const scale = 1 / Math.sqrt(query.shape[2]);
  const place = tf.range(0, context, 1, 'float32');
  const later = tf.cast(tf.less(tf.reshape(place, [-1, 1]), tf.reshape(place, [1, -1])), 'float32');
  const scores = tf.add(tf.mul(tf.matMul(query, key, false, true), scale), tf.mul(later, HIDDEN_SCORE));
  const weights: tf.Tensor3D = tf.softmax(scores as tf.Tensor3D);
  return [joinHeads([tf.matMul(weights, value)], heads), weights];
}

function composedGradient(
  dy: tf.Tensor,
  qkv: tf.Tensor,
  weights: tf.Tensor,
  heads: number,
  context: number,
): tf.Tensor {
  const [query, key, value] = splitHeads(qkv, 3, heads, context) as [tf.Tensor3D, tf.Tensor3D, tf.Tensor3D];
  const [upstream] = splitHeads(dy, 1, heads, context) as [tf.Tensor3D];
  const scale = 1 / Math.sqrt(query.shape[2]);
  const dValue = tf.matMul(weights, upstream, true, false);
  const weighted = tf.mul(tf.matMul(upstream, value, false, true), weights);
  const centred = tf.sub(weighted, tf.mul(weights, tf.sum(weighted, -1, true)));
  const dScores = tf.mul<tf.Tensor3D>(centred, scale);
  const dQuery = tf.matMul(dScores, key);
  const dKey = tf.matMul(dScores, query, true, false);
  return joinHeads([dQuery, dKey, dValue], heads);
}
