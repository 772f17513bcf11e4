/** The fused operations of `operations/`, each in a pass or two over memory; names and inputs as `runFused` gives them. */
import type * as tf from '@tensorflow/tfjs-core';
import { extentOf } from '../memory-dataset.ts';
import { input, type WasmKernels } from './wasm-kernel.ts';
import { alignAddress } from './wasm-module.ts';

/** All axes but the last are rows. */
function rowsAndWidth({ shape }: tf.TensorInfo): [rows: number, width: number] {
  const width = shape[shape.length - 1] as number;
  return [extentOf(shape.slice(0, -1)), width];
}

export const fusedKernels: WasmKernels = {
  ReluGrad: (module, inputs) => {
    const dy = input(inputs, 'dy');
    const out = module.output(dy.shape);
    module.kernels.reluGradient(
      module.address(dy),
      module.address(input(inputs, 'y')),
      module.address(out),
      extentOf(dy.shape),
    );
    return out;
  },

  AddBias: (module, inputs) => {
    const x = input(inputs, 'x');
    const out = module.output(x.shape);
    const [rows, width] = rowsAndWidth(x);
    const bias = module.address(input(inputs, 'bias'));
    module.kernels.addBias(module.address(x), bias, module.address(out), rows, width);
    return out;
  },

  SumRows: (module, inputs) => {
    const x = input(inputs, 'x');
    const [rows, width] = rowsAndWidth(x);
    const out = module.output([width]);
    module.kernels.sumRows(module.address(x), module.address(out), rows, width);
    return out;
  },

  Gelu: (module, inputs) => {
    const x = input(inputs, 'x');
    const out = module.output(x.shape);
    module.kernels.gelu(module.address(x), module.address(out), extentOf(x.shape));
    return out;
  },

  GeluGrad: (module, inputs) => {
    const dy = input(inputs, 'dy');
    const out = module.output(dy.shape);
    const x = module.address(input(inputs, 'x'));
    module.kernels.geluGradient(module.address(dy), x, module.address(out), extentOf(dy.shape));
    return out;
  },

  BatchNorm: (module, inputs, { epsilon }) => {
    const x = input(inputs, 'x');
    const [rows, width] = rowsAndWidth(x);
    const outputs = [module.output(x.shape), module.output([width]), module.output([width])];
    const [y, mean, rstd] = outputs.map((output) => module.address(output)) as [number, number, number];
    const [gamma, beta] = [module.address(input(inputs, 'gamma')), module.address(input(inputs, 'beta'))];
    const sums = module.scratch(16 * width);
    module.kernels.batchNorm(
      module.address(x),
      gamma,
      beta,
      y,
      mean,
      rstd,
      rows,
      width,
      Number(epsilon),
      sums,
    );
    return outputs;
  },

  BatchNormGrad: (module, inputs) => {
    const dy = input(inputs, 'dy');
    const [rows, width] = rowsAndWidth(dy);
    const outputs = [module.output(dy.shape), module.output([width]), module.output([width])];
    const [dx, dGamma, dBeta] = outputs.map((output) => module.address(output)) as [number, number, number];
    const [x, gamma] = [module.address(input(inputs, 'x')), module.address(input(inputs, 'gamma'))];
    const [mean, rstd] = [module.address(input(inputs, 'mean')), module.address(input(inputs, 'rstd'))];
    const sums = module.scratch(16 * width);
    const { batchNormGradient } = module.kernels;
    batchNormGradient(module.address(dy), x, gamma, mean, rstd, dx, dGamma, dBeta, rows, width, sums);
    return outputs;
  },

  LayerNorm: (module, inputs, { epsilon }) => {
    const x = input(inputs, 'x');
    const [rows, width] = rowsAndWidth(x);
    const outputs = [module.output(x.shape), module.output(x.shape), module.output([rows, 1])];
    const [y, normalized, rstd] = outputs.map((output) => module.address(output)) as [number, number, number];
    const [gamma, beta] = [module.address(input(inputs, 'gamma')), module.address(input(inputs, 'beta'))];
    module.kernels.layerNorm(
      module.address(x),
      gamma,
      beta,
      y,
      normalized,
      rstd,
      rows,
      width,
      Number(epsilon),
    );
    return outputs;
  },

  LayerNormGrad: (module, inputs) => {
    const dy = input(inputs, 'dy');
    const [rows, width] = rowsAndWidth(dy);
    const outputs = [module.output(dy.shape), module.output([width]), module.output([width])];
    const [dx, dGamma, dBeta] = outputs.map((output) => module.address(output)) as [number, number, number];
    const normalized = module.address(input(inputs, 'normalized'));
    const [rstd, gamma] = [module.address(input(inputs, 'rstd')), module.address(input(inputs, 'gamma'))];
    const { layerNormGradient } = module.kernels;
    layerNormGradient(module.address(dy), normalized, rstd, gamma, dx, dGamma, dBeta, rows, width);
    return outputs;
  },

  SegmentSum: (module, inputs, { segments }) => {
    const x = input(inputs, 'x');
    const [rows, width] = rowsAndWidth(x);
    const out = module.output([Number(segments), width]);
    const numbers = module.address(input(inputs, 'numbers'));
    module.kernels.sumSegments(
      module.address(x),
      numbers,
      module.address(out),
      rows,
      width,
      Number(segments),
    );
    return out;
  },

  Attention: (module, inputs, attributes) => {
    const qkv = input(inputs, 'qkv');
    const { heads, context } = attributes as { heads: number; context: number };
    const [rows, triple] = rowsAndWidth(qkv);
    const [size, depth] = [rows / context, triple / 3 / heads];
    const outputs = [module.output([rows, triple / 3]), module.output([size, heads, context, context])];
    const [out, weights] = outputs.map((output) => module.address(output)) as [number, number];
    const scratch = module.scratch(module.kernels.gemmScratchBytes());
    module.kernels.attention(module.address(qkv), weights, out, size, heads, context, depth, scratch);
    return outputs;
  },

  AttentionGrad: (module, inputs, attributes) => {
    const qkv = input(inputs, 'qkv');
    const { heads, context } = attributes as { heads: number; context: number };
    const [rows, triple] = rowsAndWidth(qkv);
    const [size, depth] = [rows / context, triple / 3 / heads];
    const out = module.output(qkv.shape);
    const square = module.scratch(4 * context * context + 16 + module.kernels.gemmScratchBytes());
    const scratch = alignAddress(square + 4 * context * context);
    const [dy, weights] = [module.address(input(inputs, 'dy')), module.address(input(inputs, 'weights'))];
    const { attentionGradient } = module.kernels;
    attentionGradient(
      dy,
      module.address(qkv),
      weights,
      module.address(out),
      size,
      heads,
      context,
      depth,
      square,
      scratch,
    );
    return out;
  },
};
