/** Starts a back end by name and proves it with a small real gradient. */
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-layers'; // registers the operations' gradients, which tfjs-core's build for Node leaves out
import { backendOf, type BackendName } from './all-backends.ts';
import type { Backend } from './backend.ts';
import { BackendUnavailable, type StartOptions } from './define-backend.ts';

const started = new Map<BackendName, Promise<Backend>>();

/** Starts and probes; throws BackendUnavailable with the reason. Once per thread and name; later calls share it. */
export function startBackend(name: BackendName, options: StartOptions): Promise<Backend> {
  const running = started.get(name);
  if (running !== undefined) return running;
  const starting = start(name, options);
  started.set(name, starting);
  starting.catch(() => started.delete(name));
  return starting;
}

async function start(name: BackendName, options: StartOptions): Promise<Backend> {
  tf.enableProdMode();
  try {
    const { registryName, start: begin } = backendOf(name);
    const backend: Backend = { name, registryName, ...(await begin(options)) };
    await probe(backend);
    return backend;
  } catch (error) {
    if (error instanceof BackendUnavailable) throw error;
    throw new BackendUnavailable(firstLine(error), { cause: error });
  }
}

function firstLine(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.split('\n')[0] ?? message;
}

/** loss = mean over rows of sum_j (x w)_j^2 / 2, so that its gradient is x^T x w / rows; small whole numbers are exact. */
async function probe(backend: Backend): Promise<void> {
  const x = [1, 2, 3, 4, 5, 6];
  const w = [1, -1, 2, 1, -2, 3];
  const expected = new Float32Array(6);
  for (let row = 0; row < 2; row++) {
    for (let j = 0; j < 2; j++) {
      let score = 0;
      for (let k = 0; k < 3; k++) score += (x[3 * row + k] as number) * (w[2 * k + j] as number);
      for (let k = 0; k < 3; k++) {
        expected[2 * k + j] = (expected[2 * k + j] as number) + ((x[3 * row + k] as number) * score) / 2;
      }
    }
  }
  const gradient = tf.tidy(() => {
    const features = tf.tensor2d(x, [2, 3]);
    const loss = (weight: tf.Tensor): tf.Scalar =>
      tf.div(tf.sum(tf.square(tf.matMul(features, weight as tf.Tensor2D))), 4);
    return tf.grad(loss)(tf.tensor2d(w, [3, 2]));
  });
  const actual = new Float32Array(6);
  try {
    await backend.read([gradient], actual);
  } finally {
    gradient.dispose();
  }
  if (actual.some((value, i) => Math.abs(value - (expected[i] as number)) > 1e-3)) {
    throw new BackendUnavailable(`its gradient of the probe is wrong: ${actual.join(' ')}`);
  }
}
