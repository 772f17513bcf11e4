/** Typed instances of the WebAssembly modules over the shared memory. */
import type { ColumnKernel, KernelExports } from './kernel-thread.ts';

export function instantiateKernels(module: WebAssembly.Module, memory: WebAssembly.Memory): KernelExports {
  return new WebAssembly.Instance(module, { env: { memory } }).exports as unknown as KernelExports;
}

export function instantiateColumnKernel(
  module: WebAssembly.Module,
  memory: WebAssembly.Memory,
): ColumnKernel {
  return new WebAssembly.Instance(module, { env: { memory } }).exports['columns'] as ColumnKernel;
}
