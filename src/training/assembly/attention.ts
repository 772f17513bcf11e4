/**
 * Causal self-attention, forward and backward, on queries, keys and values as their layer writes them: rows
 * [size * context, 3 width], heads side by side. Heads are read and written where they lie, with strided products.
 */
import { exponential } from './exponential';
import { gemm } from './gemm';

/** weights [size, heads, context, context] (zero above the diagonal), out [size * context, width]. */
export function attention(
  qkv: usize,
  weights: usize,
  out: usize,
  size: i32,
  heads: i32,
  context: i32,
  depth: i32,
  scratch: usize,
): void {
  const width = heads * depth;
  const stride = 3 * width;
  const scale = <f32>(1 / sqrt(<f64>depth));
  for (let s = 0; s < size; s++) {
    for (let h = 0; h < heads; h++) {
      const query = qkv + 4 * (s * context * stride + h * depth);
      const key = query + 4 * width;
      const value = key + 4 * width;
      const matrix = weights + 4 * (s * heads + h) * context * context;
      gemm(context, context, depth, query, stride, false, key, stride, true, matrix, context, false, scratch);
      softmax(matrix, context, scale);
      const to = out + 4 * (s * context * width + h * depth);
      gemm(context, depth, context, matrix, context, false, value, stride, false, to, width, false, scratch);
    }
  }
}

/** dqkv like qkv; `square` holds context * context values. */
export function attentionGradient(
  dy: usize,
  qkv: usize,
  weights: usize,
  dqkv: usize,
  size: i32,
  heads: i32,
  context: i32,
  depth: i32,
  square: usize,
  scratch: usize,
): void {
  const width = heads * depth;
  const stride = 3 * width;
  const scale = <f32>(1 / sqrt(<f64>depth));
  for (let s = 0; s < size; s++) {
    for (let h = 0; h < heads; h++) {
      const offset = 4 * (s * context * stride + h * depth);
      const query = qkv + offset;
      const key = query + 4 * width;
      const value = key + 4 * width;
      const dQuery = dqkv + offset;
      const dKey = dQuery + 4 * width;
      const dValue = dKey + 4 * width;
      const matrix = weights + 4 * (s * heads + h) * context * context;
      const upstream = dy + 4 * (s * context * width + h * depth);
      gemm(
        context,
        depth,
        context,
        matrix,
        context,
        true,
        upstream,
        width,
        false,
        dValue,
        stride,
        false,
        scratch,
      );
      gemm(
        context,
        context,
        depth,
        upstream,
        width,
        false,
        value,
        stride,
        true,
        square,
        context,
        false,
        scratch,
      );
      softmaxGradient(square, matrix, context, scale);
      gemm(
        context,
        depth,
        context,
        square,
        context,
        false,
        key,
        stride,
        false,
        dQuery,
        stride,
        false,
        scratch,
      );
      gemm(
        context,
        depth,
        context,
        square,
        context,
        true,
        query,
        stride,
        false,
        dKey,
        stride,
        false,
        scratch,
      );
    }
  }
}

/** In place: row i becomes the softmax of its first i + 1 entries times scale, zero after them. */
function softmax(matrix: usize, context: i32, scale: f32): void {
  for (let i = 0; i < context; i++) {
    const row = matrix + 4 * i * context;
    let highest: f32 = -Infinity;
    for (let j = 0; j <= i; j++) highest = max<f32>(highest, load<f32>(row + 4 * j));
    const top = f32x4.splat(highest);
    const factor = f32x4.splat(scale);
    let sum: f32 = 0;
    let j = 0;
    for (; j + 4 <= i + 1; j += 4) {
      const e = exponential(f32x4.mul(f32x4.sub(v128.load(row + 4 * j), top), factor));
      v128.store(row + 4 * j, e);
      sum +=
        f32x4.extract_lane(e, 0) +
        f32x4.extract_lane(e, 1) +
        (f32x4.extract_lane(e, 2) + f32x4.extract_lane(e, 3));
    }
    for (; j <= i; j++) {
      const e = exponential(f32x4.mul(f32x4.sub(v128.load32_splat(row + 4 * j), top), factor));
      store<f32>(row + 4 * j, f32x4.extract_lane(e, 0));
      sum += f32x4.extract_lane(e, 0);
    }
    const share: f32 = 1 / sum;
    for (j = 0; j <= i; j++) store<f32>(row + 4 * j, load<f32>(row + 4 * j) * share);
    for (; j < context; j++) store<f32>(row + 4 * j, 0);
  }
}

/** In place: g becomes scale w (g - sum_j w_j g_j) in every row. */
function softmaxGradient(g: usize, weights: usize, context: i32, scale: f32): void {
  for (let i = 0; i < context; i++) {
    const o = 4 * i * context;
    let sum: f32 = 0;
    for (let j = 0; j <= i; j++) sum += load<f32>(g + o + 4 * j) * load<f32>(weights + o + 4 * j);
    for (let j = 0; j < context; j++) {
      const w = load<f32>(weights + o + 4 * j);
      store<f32>(g + o + 4 * j, scale * w * (load<f32>(g + o + 4 * j) - sum));
    }
  }
}
