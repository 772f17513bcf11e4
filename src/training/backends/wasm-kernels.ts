/** Registers our kernels with TF.js's wasm back end: those that it lacks, and those that ours beat. */
import * as tf from '@tensorflow/tfjs-core';
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import { FUSED_PREFIX } from '../operations/fused.ts';
import { convolutionKernels } from './wasm-convolution-kernels.ts';
import { fusedKernels } from './wasm-fused-kernels.ts';
import { matMulKernels } from './wasm-matmul-kernels.ts';
import type { WasmKernels } from './wasm-kernel.ts';
import { segmentKernels } from './wasm-segment-kernels.ts';
import { sharingKernels } from './wasm-sharing-kernels.ts';
import { WasmModule } from './wasm-module.ts';

let registered = false;

/** Once per thread. */
export function registerWasmKernels(backend: BackendWasm): void {
  if (registered) return;
  const module = new WasmModule(backend);
  register(module, { ...matMulKernels, ...convolutionKernels, ...segmentKernels, ...sharingKernels }, '');
  register(module, fusedKernels, FUSED_PREFIX);
  registered = true;
}

function register(module: WasmModule, kernels: WasmKernels, prefix: string): void {
  for (const [name, kernel] of Object.entries(kernels)) {
    const kernelName = prefix + name;
    if (tf.getKernel(kernelName, 'wasm') !== undefined) tf.unregisterKernel(kernelName, 'wasm');
    tf.registerKernel({
      kernelName,
      backendName: 'wasm',
      kernelFunc: ({ inputs, attrs }) => kernel(module, inputs as Record<string, tf.TensorInfo>, attrs ?? {}),
    });
  }
}
