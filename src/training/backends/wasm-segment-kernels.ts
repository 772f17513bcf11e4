/** Sums by number: the gradient of every gather, which TF.js's wasm back end lacks. */
import { extentOf } from '../memory-dataset.ts';
import { input, type WasmKernels } from './wasm-kernel.ts';

export const segmentKernels: WasmKernels = {
  UnsortedSegmentSum: (module, inputs, { numSegments }) => {
    const x = input(inputs, 'x');
    const numbers = input(inputs, 'segmentIds');
    if (x.dtype !== 'float32') throw new Error(`unsortedSegmentSum of ${x.dtype} is not supported`);
    const segments = Number(numSegments);
    const rows = extentOf(numbers.shape);
    const width = extentOf(x.shape.slice(numbers.shape.length));
    const out = module.output([segments, ...x.shape.slice(numbers.shape.length)]);
    const [xAt, numbersAt, outAt] = [module.address(x), module.address(numbers), module.address(out)];
    module.kernels.sumSegments(xAt, numbersAt, outAt, rows, width, segments);
    return out;
  },
};
