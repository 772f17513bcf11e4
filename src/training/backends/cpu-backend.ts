/** Plain JavaScript: always there, slow, and the reference of the compliance suite. */
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import type { StartedBackend } from './define-backend.ts';

export async function startCpu(): Promise<StartedBackend> {
  await tf.setBackend('cpu');
  return {
    description: 'plain JavaScript, one thread',
    read: (tensors, out) => {
      readEach(tensors, out);
      return Promise.resolve();
    },
    lost: () => undefined,
    close: () => undefined,
  };
}

/** Reads tensor by tensor where reading is synchronous. */
export function readEach(tensors: readonly tf.Tensor[], out: Float32Array): void {
  let offset = 0;
  for (const tensor of tensors) {
    out.set(tensor.dataSync<'float32'>(), offset);
    offset += tensor.size;
  }
}
