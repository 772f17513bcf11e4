/**
 * Operations that our wasm kernels do in one pass. Each is also composed of TF.js's own operations by its caller, which
 * every other back end runs; the compliance suite compares the two.
 */
import * as tf from '@tensorflow/tfjs-core';

export const FUSED_PREFIX = 'Synod';

/** Runs our kernel of this name where the current back end has it; undefined where it has not. */
export function runFused(
  name: string,
  inputs: Readonly<Record<string, tf.Tensor>>,
  attributes: Readonly<Record<string, number>>,
): tf.Tensor[] | undefined {
  const kernel = FUSED_PREFIX + name;
  if (tf.getKernel(kernel, tf.getBackend()) === undefined) return undefined;
  const outputs = tf.engine().runKernel(kernel, { ...inputs }, { ...attributes });
  return Array.isArray(outputs) ? outputs : [outputs];
}
