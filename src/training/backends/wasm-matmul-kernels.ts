/** Matrix products with any operand transposed. (TF.js's own run a scalar loop where one is.) */
import * as tf from '@tensorflow/tfjs-core';
import { extentOf } from '../memory-dataset.ts';
import { input, type WasmKernels } from './wasm-kernel.ts';

export const matMulKernels: WasmKernels = {
  BatchMatMul: (module, inputs, attributes) => {
    const a = input(inputs, 'a');
    const b = input(inputs, 'b');
    const transposeA = attributes.transposeA === true ? 1 : 0;
    const transposeB = attributes.transposeB === true ? 1 : 0;
    const [aRows, aColumns] = a.shape.slice(-2) as [number, number];
    const [bRows, bColumns] = b.shape.slice(-2) as [number, number];
    const [m, k] = transposeA ? [aColumns, aRows] : [aRows, aColumns];
    const n = transposeB ? bRows : bColumns;
    const outer = tf.broadcast_util.assertAndGetBroadcastShape(a.shape.slice(0, -2), b.shape.slice(0, -2));
    const aBatches = extentOf(a.shape.slice(0, -2));
    const bBatches = extentOf(b.shape.slice(0, -2));
    const batches = extentOf(outer);
    if ((aBatches !== batches && aBatches !== 1) || (bBatches !== batches && bBatches !== 1)) {
      throw new Error(`matMul: batches of ${a.shape.join(' x ')} and ${b.shape.join(' x ')} do not match`);
    }
    const out = module.output([...outer, m, n]);
    const scratch = module.scratch(module.kernels.gemmScratchBytes());
    const [aAt, bAt, outAt] = [module.address(a), module.address(b), module.address(out)];
    for (let i = 0; i < batches; i++) {
      const aPart = aAt + (aBatches === 1 ? 0 : 4 * i * m * k);
      const bPart = bAt + (bBatches === 1 ? 0 : 4 * i * k * n);
      const outPart = outAt + 4 * i * m * n;
      module.kernels.gemm(
        m,
        n,
        k,
        aPart,
        aColumns,
        transposeA,
        bPart,
        bColumns,
        transposeB,
        outPart,
        n,
        0,
        scratch,
      );
    }
    return out;
  },
};
