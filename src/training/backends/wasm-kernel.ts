/** What a kernel for TF.js's wasm back end is to us. */
import type * as tf from '@tensorflow/tfjs-core';
import type { WasmModule } from './wasm-module.ts';

/** One kernel: tensors by name and attributes in, one tensor or several out. */
export type WasmKernel = (
  module: WasmModule,
  inputs: Readonly<Record<string, tf.TensorInfo>>,
  attributes: Readonly<Record<string, unknown>>,
) => tf.TensorInfo | tf.TensorInfo[];

export type WasmKernels = Readonly<Record<string, WasmKernel>>;

/** The input of this name. */
export function input(inputs: Readonly<Record<string, tf.TensorInfo>>, name: string): tf.TensorInfo {
  const tensor = inputs[name];
  if (tensor === undefined) throw new Error(`internal error: a kernel lacks its input ${name}`);
  if (tensor.dtype !== 'float32' && tensor.dtype !== 'int32') throw new Error(`${name} is ${tensor.dtype}`);
  return tensor;
}
