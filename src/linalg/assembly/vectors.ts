/**
 * AssemblyScript. Element-wise steps over vectors of float32 as src/estimation defines them byte for byte: float64 between,
 * one rounding at the end. Two columns at a time; a row's end is padded to a whole vector.
 */

function pair(address: usize): v128 {
  return f64x2.promote_low_f32x4(v128.load64_zero(address));
}

/** Rounds two values, stores them, and gives the rounded ones. */
function storePair(address: usize, values: v128): v128 {
  const rounded = f32x4.demote_f64x2_zero(values);
  v128.store64_lane(address, rounded, 0);
  return rounded;
}

/** out = a x, or a x + b y where there are two rows; a and b at `coefficients`. */
export function combineRows(
  x: usize,
  stride: usize,
  n: usize,
  columns: usize,
  coefficients: usize,
  out: usize,
): void {
  const a = v128.load64_splat(coefficients);
  const end = columns * 4;
  if (n == 1) {
    for (let c: usize = 0; c < end; c += 8) storePair(out + c, f64x2.mul(a, pair(x + c)));
    return;
  }
  const b = v128.load64_splat(coefficients, 8);
  const y = x + stride;
  for (let c: usize = 0; c < end; c += 8) {
    storePair(out + c, f64x2.add(f64x2.mul(a, pair(x + c)), f64x2.mul(b, pair(y + c))));
  }
}

/**
 * The mean of n rows, and behind it, `stride` apart, their deviation from that mean as it was rounded, where `divisor` is not
 * zero: what the squares are divided by (src/attacks/statistics.ts).
 */
export function momentRows(
  x: usize,
  stride: usize,
  n: usize,
  columns: usize,
  divisor: usize,
  out: usize,
): void {
  const count = f64x2.splat(<f64>n);
  const divisors = f64x2.splat(<f64>divisor);
  const end = columns * 4;
  for (let c: usize = 0; c < end; c += 8) {
    let sum = f64x2.splat(0);
    let row = x + c;
    for (let i: usize = 0; i < n; i++) {
      sum = f64x2.add(sum, pair(row));
      row += stride;
    }
    const mean = f64x2.promote_low_f32x4(storePair(out + c, f64x2.div(sum, count)));
    if (divisor == 0) continue;
    let squares = f64x2.splat(0);
    row = x + c;
    for (let i: usize = 0; i < n; i++) {
      const difference = f64x2.sub(pair(row), mean);
      squares = f64x2.add(squares, f64x2.mul(difference, difference));
      row += stride;
    }
    storePair(out + stride + c, f64x2.sqrt(f64x2.div(squares, divisors)));
  }
}

const MOMENTUM: u32 = 1;
const NESTEROV: u32 = 2;
const COMPENSATED: u32 = 4;

/**
 * The optimizer's step (src/estimation/outer-optimizer.ts). Rows: parameters, direction, then velocity and remainder where
 * there are such; results in the order parameters, velocity, remainder, `stride` apart. Rate, momentum and weight decay at
 * `coefficients`.
 */
export function stepRows(
  x: usize,
  stride: usize,
  columns: usize,
  flags: u32,
  coefficients: usize,
  out: usize,
): void {
  const rate = v128.load64_splat(coefficients);
  const momentum = v128.load64_splat(coefficients, 8);
  const weightDecay = v128.load64_splat(coefficients, 16);
  const hasVelocity = (flags & MOMENTUM) != 0;
  const isNesterov = (flags & NESTEROV) != 0;
  const isCompensated = (flags & COMPENSATED) != 0;
  const direction = x + stride;
  const velocity = direction + stride;
  const remainder = hasVelocity ? velocity + stride : velocity;
  const newVelocity = out + stride;
  const newRemainder = hasVelocity ? newVelocity + stride : newVelocity;
  const end = columns * 4;
  for (let c: usize = 0; c < end; c += 8) {
    // a value without a remainder is added to zero all the same, which makes +0 of -0
    const value = f64x2.add(pair(x + c), isCompensated ? pair(remainder + c) : f64x2.splat(0));
    const g = f64x2.add(pair(direction + c), f64x2.mul(weightDecay, value));
    let along = g;
    if (hasVelocity) {
      const moved = f64x2.add(f64x2.mul(momentum, pair(velocity + c)), g);
      along = f64x2.promote_low_f32x4(storePair(newVelocity + c, moved));
      if (isNesterov) along = f64x2.add(g, f64x2.mul(momentum, along));
    }
    const next = f64x2.sub(value, f64x2.mul(rate, along));
    const rounded = storePair(out + c, next);
    if (isCompensated) storePair(newRemainder + c, f64x2.sub(next, f64x2.promote_low_f32x4(rounded)));
  }
}

/**
 * A step of AdamW (src/estimation/inner-steps.ts). Rows: parameters, gradient, first and second moment; results in the order
 * parameters, first, second, `stride` apart. At `coefficients`: beta1 and 1 - beta1, beta2 and 1 - beta2, what corrects the
 * moments, epsilon, what weight decay leaves of a parameter, and the rate.
 */
export function adamwRows(x: usize, stride: usize, columns: usize, coefficients: usize, out: usize): void {
  const beta1 = v128.load64_splat(coefficients);
  const rest1 = v128.load64_splat(coefficients, 8);
  const beta2 = v128.load64_splat(coefficients, 16);
  const rest2 = v128.load64_splat(coefficients, 24);
  const correction1 = v128.load64_splat(coefficients, 32);
  const correction2 = v128.load64_splat(coefficients, 40);
  const epsilon = v128.load64_splat(coefficients, 48);
  const left = v128.load64_splat(coefficients, 56);
  const rate = v128.load64_splat(coefficients, 64);
  const gradient = x + stride;
  const first = gradient + stride;
  const second = first + stride;
  const end = columns * 4;
  for (let c: usize = 0; c < end; c += 8) {
    const g = pair(gradient + c);
    const m = f64x2.add(f64x2.mul(beta1, pair(first + c)), f64x2.mul(rest1, g));
    const v = f64x2.add(f64x2.mul(beta2, pair(second + c)), f64x2.mul(f64x2.mul(rest2, g), g));
    const newFirst = f64x2.promote_low_f32x4(storePair(out + stride + c, m));
    const newSecond = f64x2.promote_low_f32x4(storePair(out + 2 * stride + c, v));
    const scale = f64x2.add(f64x2.sqrt(f64x2.div(newSecond, correction2)), epsilon);
    const direction = f64x2.div(f64x2.div(newFirst, correction1), scale);
    storePair(out + c, f64x2.sub(f64x2.mul(pair(x + c), left), f64x2.mul(rate, direction)));
  }
}
