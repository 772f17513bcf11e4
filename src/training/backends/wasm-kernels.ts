/** Our kernels for TF.js's wasm back end. */
import * as tf from '@tensorflow/tfjs-core';
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import { present } from '../../foundation/assert.ts';

let registered = false;

/** Replaces and adds kernels for backend `wasm`; once per thread. */
export function registerWasmKernels(): void {
  if (registered) return;
  registered = true;
  replaceMatMul();
}

interface MatMulArguments {
  readonly inputs: { readonly a: tf.TensorInfo; readonly b: tf.TensorInfo };
  readonly backend: BackendWasm;
  readonly attrs: { readonly transposeA: boolean; readonly transposeB: boolean };
}

type MatMul = (args: MatMulArguments) => tf.TensorInfo;
type Transpose = (args: {
  inputs: { x: tf.TensorInfo };
  backend: BackendWasm;
  attrs: { perm: number[] };
}) => tf.TensorInfo;

/** TF.js's fast product takes operands as they lie only; transposed ones go through a scalar loop. Transpose first. */
function replaceMatMul(): void {
  const shipped = present(tf.getKernel('BatchMatMul', 'wasm'), 'BatchMatMul');
  const multiply = shipped.kernelFunc as unknown as MatMul;
  const transpose = present(tf.getKernel('Transpose', 'wasm'), 'Transpose')
    .kernelFunc as unknown as Transpose;
  tf.unregisterKernel('BatchMatMul', 'wasm');
  const flip = (x: tf.TensorInfo, backend: BackendWasm): tf.TensorInfo => {
    const rank = x.shape.length;
    const perm = [...x.shape.keys()];
    [perm[rank - 1], perm[rank - 2]] = [rank - 2, rank - 1];
    return transpose({ inputs: { x }, backend, attrs: { perm } });
  };
  const kernelFunc = ({ inputs, backend, attrs }: MatMulArguments): tf.TensorInfo => {
    const a = attrs.transposeA ? flip(inputs.a, backend) : inputs.a;
    const b = attrs.transposeB ? flip(inputs.b, backend) : inputs.b;
    const out = multiply({ inputs: { a, b }, backend, attrs: { transposeA: false, transposeB: false } });
    if (a !== inputs.a) backend.disposeData(a.dataId);
    if (b !== inputs.b) backend.disposeData(b.dataId);
    return out;
  };
  tf.registerKernel({ ...shipped, kernelFunc: kernelFunc as unknown as tf.KernelFunc });
}
