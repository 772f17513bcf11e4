/** Activations, biases and sums over rows: one pass over memory each. */
import { exponential } from './exponential';

/** dx = dy where y > 0, else 0. */
export function reluGradient(dy: usize, y: usize, dx: usize, count: i32): void {
  const zero = f32x4.splat(0);
  let i = 0;
  for (; i + 4 <= count; i += 4) {
    const o = 4 * i;
    v128.store(dx + o, v128.and(v128.load(dy + o), f32x4.gt(v128.load(y + o), zero)));
  }
  for (; i < count; i++) store<f32>(dx + 4 * i, load<f32>(y + 4 * i) > 0 ? load<f32>(dy + 4 * i) : 0);
}

/** y = x + bias in every row. */
export function addBias(x: usize, bias: usize, y: usize, rows: i32, width: i32): void {
  for (let r = 0; r < rows; r++) {
    let j = 0;
    for (; j + 4 <= width; j += 4) v128.store(y + 4 * j, f32x4.add(v128.load(x + 4 * j), v128.load(bias + 4 * j)));
    for (; j < width; j++) store<f32>(y + 4 * j, load<f32>(x + 4 * j) + load<f32>(bias + 4 * j));
    x += 4 * width;
    y += 4 * width;
  }
}

/** out[j] = sum over rows of x[., j]; rows are added in order, in groups of 64 to keep the error small. */
export function sumRows(x: usize, out: usize, rows: i32, width: i32): void {
  let j = 0;
  for (; j + 4 <= width; j += 4) {
    let total = f32x4.splat(0);
    let at = x + 4 * j;
    for (let r = 0; r < rows; r += 64) {
      let part = f32x4.splat(0);
      for (let end = min(rows, r + 64), i = r; i < end; i++) {
        part = f32x4.add(part, v128.load(at));
        at += 4 * width;
      }
      total = f32x4.add(total, part);
    }
    v128.store(out + 4 * j, total);
  }
  for (; j < width; j++) {
    let total: f32 = 0;
    let at = x + 4 * j;
    for (let r = 0; r < rows; r += 64) {
      let part: f32 = 0;
      for (let end = min(rows, r + 64), i = r; i < end; i++) {
        part += load<f32>(at);
        at += 4 * width;
      }
      total += part;
    }
    store<f32>(out + 4 * j, total);
  }
}

/** out[label] += row for every row; `out` is cleared first; labels outside 0 .. segments - 1 are left out. */
export function sumSegments(x: usize, labels: usize, out: usize, rows: i32, width: i32, segments: i32): void {
  memory.fill(out, 0, 4 * segments * width);
  for (let r = 0; r < rows; r++) {
    const label = load<i32>(labels + 4 * r);
    if (label >= 0 && label < segments) {
      const to = out + 4 * label * width;
      let j = 0;
      for (; j + 4 <= width; j += 4) v128.store(to + 4 * j, f32x4.add(v128.load(to + 4 * j), v128.load(x + 4 * j)));
      for (; j < width; j++) store<f32>(to + 4 * j, load<f32>(to + 4 * j) + load<f32>(x + 4 * j));
    }
    x += 4 * width;
  }
}

/** sqrt(2 / pi) and the cubic term of GPT-2's GELU. */
const SCALE: f32 = 0.7978845608;
const CUBIC: f32 = 0.044715;

// @ts-ignore: decorator
@inline
function innerTanh(x: v128): v128 {
  const cube = f32x4.mul(f32x4.mul(x, x), x);
  const inner = f32x4.mul(f32x4.splat(SCALE), f32x4.add(x, f32x4.mul(f32x4.splat(CUBIC), cube)));
  // tanh z = 1 - 2 / (e^2z + 1)
  const e = exponential(f32x4.add(inner, inner));
  return f32x4.sub(f32x4.splat(1), f32x4.div(f32x4.splat(2), f32x4.add(e, f32x4.splat(1))));
}

// @ts-ignore: decorator
@inline
function geluOf(x: v128): v128 {
  return f32x4.mul(f32x4.mul(f32x4.splat(0.5), x), f32x4.add(f32x4.splat(1), innerTanh(x)));
}

// @ts-ignore: decorator
@inline
function geluSlope(x: v128): v128 {
  const t = innerTanh(x);
  const one = f32x4.splat(1);
  const half = f32x4.splat(0.5);
  const cubic = f32x4.add(one, f32x4.mul(f32x4.splat(3 * CUBIC), f32x4.mul(x, x)));
  const outer = f32x4.mul(f32x4.mul(half, x), f32x4.sub(one, f32x4.mul(t, t)));
  return f32x4.add(f32x4.mul(half, f32x4.add(one, t)), f32x4.mul(outer, f32x4.mul(f32x4.splat(SCALE), cubic)));
}

export function gelu(x: usize, y: usize, count: i32): void {
  let i = 0;
  for (; i + 4 <= count; i += 4) v128.store(y + 4 * i, geluOf(v128.load(x + 4 * i)));
  for (; i < count; i++) store<f32>(y + 4 * i, f32x4.extract_lane(geluOf(v128.load32_splat(x + 4 * i)), 0));
}

export function geluGradient(dy: usize, x: usize, dx: usize, count: i32): void {
  let i = 0;
  for (; i + 4 <= count; i += 4) {
    v128.store(dx + 4 * i, f32x4.mul(v128.load(dy + 4 * i), geluSlope(v128.load(x + 4 * i))));
  }
  for (; i < count; i++) {
    const slope = f32x4.extract_lane(geluSlope(v128.load32_splat(x + 4 * i)), 0);
    store<f32>(dx + 4 * i, load<f32>(dy + 4 * i) * slope);
  }
}
