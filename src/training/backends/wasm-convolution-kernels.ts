/** Convolution and pooling: forward and both gradients as products with patches, and what TF.js's wasm back end lacks. */
import * as tf from '@tensorflow/tfjs-core';
import { assert } from '../../foundation/assert.ts';
import type { WasmModule } from './wasm-module.ts';
import { input, type WasmKernels } from './wasm-kernel.ts';

type Info = ReturnType<typeof tf.backend_util.computeConv2DInfo>;
type Shape4 = [number, number, number, number];

interface ConvolutionAttributes {
  readonly strides: number | [number, number];
  readonly pad: Parameters<typeof tf.backend_util.computeConv2DInfo>[4];
  readonly dataFormat?: 'NHWC' | 'NCHW';
  readonly dilations?: number | [number, number];
  readonly dimRoundingMode?: 'floor' | 'round' | 'ceil';
}

const GEOMETRY_BYTES = 64;

export const convolutionKernels: WasmKernels = {
  Conv2D: (module, inputs, attributes) => {
    const x = input(inputs, 'x');
    const filter = input(inputs, 'filter');
    const info = convolution(x.shape, filter.shape, attributes);
    const out = module.output(info.outShape);
    const [geometry, scratch] = workspace(module, info, patchOf(info));
    module.kernels.convolve(
      geometry,
      module.address(x),
      module.address(filter),
      module.address(out),
      scratch,
    );
    return out;
  },

  Conv2DBackpropFilter: (module, inputs, attributes) => {
    const x = input(inputs, 'x');
    const dy = input(inputs, 'dy');
    const filterShape = attributes.filterShape as number[];
    const info = convolution(x.shape, filterShape, attributes);
    const out = module.output(filterShape);
    const [geometry, scratch] = workspace(module, info, patchOf(info));
    const { convolveFilterGradient } = module.kernels;
    convolveFilterGradient(geometry, module.address(x), module.address(dy), module.address(out), scratch);
    return out;
  },

  Conv2DBackpropInput: (module, inputs, attributes) => {
    const dy = input(inputs, 'dy');
    const filter = input(inputs, 'filter');
    const inputShape = attributes.inputShape as number[];
    const info = convolution(inputShape, filter.shape, attributes);
    const out = module.output(inputShape);
    const [geometry, scratch] = workspace(module, info, patchOf(info));
    const { convolveInputGradient } = module.kernels;
    convolveInputGradient(geometry, module.address(dy), module.address(filter), module.address(out), scratch);
    return out;
  },

  DepthwiseConv2dNativeBackpropFilter: (module, inputs, attributes) => {
    const x = input(inputs, 'x');
    const dy = input(inputs, 'dy');
    const filterShape = attributes.filterShape as number[];
    const info = convolution(x.shape, filterShape, attributes, true);
    const out = module.output(filterShape);
    const [geometry] = workspace(module, info);
    module.kernels.depthwiseFilterGradient(
      geometry,
      module.address(x),
      module.address(dy),
      module.address(out),
    );
    return out;
  },

  DepthwiseConv2dNativeBackpropInput: (module, inputs, attributes) => {
    const dy = input(inputs, 'dy');
    const filter = input(inputs, 'filter');
    const inputShape = attributes.inputShape as number[];
    const info = convolution(inputShape, filter.shape, attributes, true);
    const out = module.output(inputShape);
    const [geometry] = workspace(module, info);
    const { depthwiseInputGradient } = module.kernels;
    depthwiseInputGradient(geometry, module.address(dy), module.address(filter), module.address(out));
    return out;
  },

  MaxPoolGrad: (module, inputs, attributes) => {
    const dy = input(inputs, 'dy');
    const x = input(inputs, 'input');
    const { filterSize, strides, pad, dimRoundingMode } = attributes as unknown as ConvolutionAttributes & {
      filterSize: number | [number, number];
    };
    const info = tf.backend_util.computePool2DInfo(
      x.shape as Shape4,
      filterSize,
      strides,
      1,
      pad,
      dimRoundingMode,
    );
    const out = module.output(x.shape);
    const [geometry] = workspace(module, info);
    module.kernels.maxPoolGradient(geometry, module.address(x), module.address(dy), module.address(out));
    return out;
  },
};

function convolution(
  inputShape: readonly number[],
  filterShape: readonly number[],
  attributes: Readonly<Record<string, unknown>>,
  depthwise = false,
): Info {
  const {
    strides,
    pad,
    dataFormat,
    dilations = 1,
    dimRoundingMode,
  } = attributes as unknown as ConvolutionAttributes;
  assert(dataFormat === undefined || dataFormat === 'NHWC', 'the wasm back end reads images as NHWC');
  return tf.backend_util.computeConv2DInfo(
    inputShape as Shape4,
    filterShape as Shape4,
    strides,
    dilations,
    pad,
    dimRoundingMode,
    depthwise,
  );
}

function patchOf(info: Info): number {
  return info.filterHeight * info.filterWidth * info.inChannels;
}

/** The geometry as the kernels read it, and room behind it for patches of this size. */
function workspace(module: WasmModule, info: Info, patch = 0): [geometry: number, scratch: number] {
  const bytes =
    patch === 0 ? 0 : module.kernels.convolutionScratchBytes(patch, info.inChannels, info.outChannels);
  const geometry = module.scratch(GEOMETRY_BYTES + bytes);
  module.writeIntegers(geometry, [
    info.batchSize,
    info.inHeight,
    info.inWidth,
    info.inChannels,
    info.outHeight,
    info.outWidth,
    info.outChannels,
    info.filterHeight,
    info.filterWidth,
    info.strideHeight,
    info.strideWidth,
    info.padInfo.top,
    info.padInfo.left,
    info.dilationHeight,
    info.dilationWidth,
  ]);
  return [geometry, geometry + GEOMETRY_BYTES];
}
