/**
 * WebAssembly with SIMD on one thread: XNNPACK's kernels as TF.js ships them and ours where it lacks or slows one.
 * The same input gives the same bytes, in every thread and process of a machine. (TF.js has no wasm threads on Node;
 * the training pool runs one back end per worker thread instead.)
 */
import * as tf from '@tensorflow/tfjs-core';
import { setThreadsCount, type BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import type { StartedBackend } from './define-backend.ts';
import { registerWasmKernels } from './wasm-kernels.ts';

export async function startWasm(): Promise<StartedBackend> {
  setThreadsCount(1);
  await tf.setBackend('wasm');
  const backend = tf.backend() as BackendWasm;
  registerWasmKernels(backend);
  const simd = await tf.env().getAsync('WASM_HAS_SIMD_SUPPORT');
  return {
    description: `WebAssembly${simd === true ? ' with SIMD' : ''}, one thread per worker`,
    read: (tensors, out) => {
      let offset = 0;
      for (const tensor of tensors) {
        out.set(backend.typedArrayFromHeap(tensor), offset);
        offset += tensor.size;
      }
      return Promise.resolve();
    },
    lost: () => undefined,
    close: () => undefined,
  };
}
