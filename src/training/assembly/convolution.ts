/**
 * Convolution of NHWC images as products with patches (im2col): a block of patches is laid out, multiplied, and for the
 * input's gradient added back (col2im). Filters are [kernelHeight, kernelWidth, from, to].
 */
import { gemm, gemmScratchBytes } from './gemm';
import { winograd, winogradFits, winogradScratchBytes } from './winograd';

/** Bytes that a block of patches may take, so that it stays in the second-level cache. */
const PATCH_BYTES: i32 = 384 * 1024;

/** Bytes of scratch that a convolution needs; `patch` is kernelHeight * kernelWidth * from. */
export function convolutionScratchBytes(patch: i32, from: i32, to: i32): i32 {
  const patches = gemmScratchBytes() + 4 * patch * rowsPerBlock(patch) + 64;
  return patch == 9 * from ? max(patches, winogradScratchBytes(from, to)) : patches;
}

function rowsPerBlock(patch: i32): i32 {
  return max(256, PATCH_BYTES / (4 * patch));
}

/** y = convolution of x: [size, outHeight, outWidth, to]; the geometry is a struct of i32, see `geometry` below. */
export function convolve(geometry: usize, x: usize, filter: usize, y: usize, scratch: usize): void {
  const patch = patchSize(geometry);
  const to = channelsTo(geometry);
  const rows = outputRows(geometry);
  if (isPointwise(geometry)) {
    gemm(rows, to, patch, x, patch, false, filter, to, false, y, to, false, scratch);
    return;
  }
  if (isThreeByThree(geometry)) {
    const size = load<i32>(geometry), from = channelsFrom(geometry);
    const outHeight = load<i32>(geometry, 16), outWidth = load<i32>(geometry, 20);
    if (winogradFits(size, outHeight, outWidth, from, to)) {
      const h = height(geometry), w = width(geometry), pad = load<i32>(geometry, 44);
      winograd(size, h, w, from, outHeight, outWidth, to, pad, x, filter, false, y, scratch);
      return;
    }
  }
  const block = rowsPerBlock(patch);
  const patches = align(scratch + gemmScratchBytes());
  for (let row = 0; row < rows; row += block) {
    const count = min(block, rows - row);
    layOut(geometry, x, row, count, patches);
    gemm(count, to, patch, patches, patch, false, filter, to, false, y + 4 * row * to, to, false, scratch);
  }
}

/** The filter's gradient: patches of x, transposed, times dy. */
export function convolveFilterGradient(geometry: usize, x: usize, dy: usize, out: usize, scratch: usize): void {
  const patch = patchSize(geometry);
  const to = channelsTo(geometry);
  const rows = outputRows(geometry);
  if (isPointwise(geometry)) {
    gemm(patch, to, rows, x, patch, true, dy, to, false, out, to, false, scratch);
    return;
  }
  const block = rowsPerBlock(patch);
  const patches = align(scratch + gemmScratchBytes());
  for (let row = 0; row < rows; row += block) {
    const count = min(block, rows - row);
    layOut(geometry, x, row, count, patches);
    gemm(patch, to, count, patches, patch, true, dy + 4 * row * to, to, false, out, to, row > 0, scratch);
  }
}

/** The input's gradient: dy times the filter, transposed, added back patch by patch. */
export function convolveInputGradient(geometry: usize, dy: usize, filter: usize, dx: usize, scratch: usize): void {
  const patch = patchSize(geometry);
  const to = channelsTo(geometry);
  const rows = outputRows(geometry);
  if (isPointwise(geometry)) {
    gemm(rows, patch, to, dy, to, false, filter, to, true, dx, patch, false, scratch);
    return;
  }
  if (isThreeByThree(geometry)) {
    const size = load<i32>(geometry), from = channelsFrom(geometry);
    const h = height(geometry), w = width(geometry);
    if (winogradFits(size, h, w, from, to)) {
      const outHeight = load<i32>(geometry, 16), outWidth = load<i32>(geometry, 20);
      const pad = 2 - load<i32>(geometry, 44);
      winograd(size, outHeight, outWidth, to, h, w, from, pad, dy, filter, true, dx, scratch);
      return;
    }
  }
  const inputs = load<i32>(geometry) * height(geometry) * width(geometry) * channelsFrom(geometry);
  memory.fill(dx, 0, 4 * inputs);
  const block = rowsPerBlock(patch);
  const patches = align(scratch + gemmScratchBytes());
  for (let row = 0; row < rows; row += block) {
    const count = min(block, rows - row);
    gemm(count, patch, to, dy + 4 * row * to, to, false, filter, to, true, patches, patch, false, scratch);
    addBack(geometry, dx, row, count, patches);
  }
}

// The geometry's fields, each an i32: size, height, width, from, outHeight, outWidth, to, kernelHeight, kernelWidth,
// strideHeight, strideWidth, padTop, padLeft, dilationHeight, dilationWidth.

// @ts-ignore: decorator
@inline
function height(g: usize): i32 {
  return load<i32>(g, 4);
}
// @ts-ignore: decorator
@inline
function width(g: usize): i32 {
  return load<i32>(g, 8);
}
// @ts-ignore: decorator
@inline
function channelsFrom(g: usize): i32 {
  return load<i32>(g, 12);
}
// @ts-ignore: decorator
@inline
function channelsTo(g: usize): i32 {
  return load<i32>(g, 24);
}

function outputRows(g: usize): i32 {
  return load<i32>(g) * load<i32>(g, 16) * load<i32>(g, 20);
}

function patchSize(g: usize): i32 {
  return load<i32>(g, 28) * load<i32>(g, 32) * channelsFrom(g);
}

/** A 1 x 1 kernel of stride 1: the image is its own matrix of patches. */
function isPointwise(g: usize): bool {
  const kernel = load<i32>(g, 28) == 1 && load<i32>(g, 32) == 1;
  return kernel && load<i32>(g, 36) == 1 && load<i32>(g, 40) == 1 && load<i32>(g, 44) == 0 && load<i32>(g, 48) == 0;
}

/** Stride and dilation 1, the same padding above and at the left. */
function isThreeByThree(g: usize): bool {
  const kernel = load<i32>(g, 28) == 3 && load<i32>(g, 32) == 3;
  const dense = load<i32>(g, 36) == 1 && load<i32>(g, 40) == 1 && load<i32>(g, 52) == 1 && load<i32>(g, 56) == 1;
  return kernel && dense && load<i32>(g, 44) == load<i32>(g, 48);
}

function align(address: usize): usize {
  return (address + 15) & ~15;
}

/** Copies the patches of `count` output positions from `row` on, zeros where they hang over the edge. */
function layOut(g: usize, x: usize, row: i32, count: i32, patches: usize): void {
  const from = channelsFrom(g);
  const outHeight = load<i32>(g, 16), outWidth = load<i32>(g, 20);
  const kernelHeight = load<i32>(g, 28), kernelWidth = load<i32>(g, 32);
  const strideHeight = load<i32>(g, 36), strideWidth = load<i32>(g, 40);
  const padTop = load<i32>(g, 44), padLeft = load<i32>(g, 48);
  const dilationHeight = load<i32>(g, 52), dilationWidth = load<i32>(g, 56);
  const w = width(g), h = height(g);
  const dense = dilationWidth == 1;
  let out = patches;
  for (let r = row; r < row + count; r++) {
    const column = r % outWidth;
    const line = (r / outWidth) % outHeight;
    const image = x + 4 * (r / (outWidth * outHeight)) * h * w * from;
    const left = column * strideWidth - padLeft;
    const inside = dense && left >= 0 && left + kernelWidth <= w;
    for (let i = 0; i < kernelHeight; i++) {
      const y = line * strideHeight - padTop + i * dilationHeight;
      const run = kernelWidth * from;
      if (y < 0 || y >= h) {
        fillZero(out, run);
        out += 4 * run;
      } else if (inside) {
        copyRun(image + 4 * (y * w + left) * from, out, run);
        out += 4 * run;
      } else {
        for (let j = 0; j < kernelWidth; j++) {
          const z = left + j * dilationWidth;
          if (z < 0 || z >= w) fillZero(out, from);
          else copyRun(image + 4 * (y * w + z) * from, out, from);
          out += 4 * from;
        }
      }
    }
  }
}

/** The transpose of `layOut`: adds every patch to the positions that it was taken from. */
function addBack(g: usize, dx: usize, row: i32, count: i32, patches: usize): void {
  const from = channelsFrom(g);
  const outHeight = load<i32>(g, 16), outWidth = load<i32>(g, 20);
  const kernelHeight = load<i32>(g, 28), kernelWidth = load<i32>(g, 32);
  const strideHeight = load<i32>(g, 36), strideWidth = load<i32>(g, 40);
  const padTop = load<i32>(g, 44), padLeft = load<i32>(g, 48);
  const dilationHeight = load<i32>(g, 52), dilationWidth = load<i32>(g, 56);
  const w = width(g), h = height(g);
  const dense = dilationWidth == 1;
  let patch = patches;
  for (let r = row; r < row + count; r++) {
    const column = r % outWidth;
    const line = (r / outWidth) % outHeight;
    const image = dx + 4 * (r / (outWidth * outHeight)) * h * w * from;
    const left = column * strideWidth - padLeft;
    const inside = dense && left >= 0 && left + kernelWidth <= w;
    for (let i = 0; i < kernelHeight; i++) {
      const y = line * strideHeight - padTop + i * dilationHeight;
      if (y < 0 || y >= h) {
        patch += 4 * kernelWidth * from;
      } else if (inside) {
        addRun(patch, image + 4 * (y * w + left) * from, kernelWidth * from);
        patch += 4 * kernelWidth * from;
      } else {
        for (let j = 0; j < kernelWidth; j++) {
          const z = left + j * dilationWidth;
          if (z >= 0 && z < w) addRun(patch, image + 4 * (y * w + z) * from, from);
          patch += 4 * from;
        }
      }
    }
  }
}

// @ts-ignore: decorator
@inline
function fillZero(to: usize, count: i32): void {
  let i = 0;
  for (; i + 4 <= count; i += 4) v128.store(to + 4 * i, f32x4.splat(0));
  for (; i < count; i++) store<f32>(to + 4 * i, 0);
}

// @ts-ignore: decorator
@inline
function copyRun(from: usize, to: usize, count: i32): void {
  let i = 0;
  for (; i + 4 <= count; i += 4) v128.store(to + 4 * i, v128.load(from + 4 * i));
  for (; i < count; i++) store<f32>(to + 4 * i, load<f32>(from + 4 * i));
}

// @ts-ignore: decorator
@inline
function addRun(from: usize, to: usize, count: i32): void {
  let i = 0;
  for (; i + 4 <= count; i += 4) v128.store(to + 4 * i, f32x4.add(v128.load(to + 4 * i), v128.load(from + 4 * i)));
  for (; i < count; i++) store<f32>(to + 4 * i, load<f32>(to + 4 * i) + load<f32>(from + 4 * i));
}
