/** Batch and layer normalisation, forward and backward, in two passes over memory each. Sums are float64 across blocks. */

/**
 * Over rows: mean and 1 / deviation of every column, then y = gamma (x - mean) rstd + beta. `sums` holds 2 width f64.
 * The variance is taken around the mean, in a pass of its own, since E[x^2] - E[x]^2 cancels.
 */
export function batchNorm(
  x: usize,
  gamma: usize,
  beta: usize,
  y: usize,
  mean: usize,
  rstd: usize,
  rows: i32,
  width: i32,
  epsilon: f32,
  sums: usize,
): void {
  columnMeans(x, mean, rows, width, sums);
  memory.fill(sums, 0, 8 * width);
  for (let r = 0; r < rows; r++) {
    const row = x + 4 * r * width;
    for (let j = 0; j < width; j++) {
      const centred = load<f32>(row + 4 * j) - load<f32>(mean + 4 * j);
      store<f64>(sums + 8 * j, load<f64>(sums + 8 * j) + <f64>(centred * centred));
    }
  }
  for (let j = 0; j < width; j++) {
    const variance = load<f64>(sums + 8 * j) / <f64>rows;
    store<f32>(rstd + 4 * j, <f32>(1 / sqrt(variance + <f64>epsilon)));
  }
  for (let r = 0; r < rows; r++) {
    const o = 4 * r * width;
    let j = 0;
    for (; j + 4 <= width; j += 4) {
      const centred = f32x4.sub(v128.load(x + o + 4 * j), v128.load(mean + 4 * j));
      const scale = f32x4.mul(v128.load(gamma + 4 * j), v128.load(rstd + 4 * j));
      v128.store(y + o + 4 * j, f32x4.add(f32x4.mul(centred, scale), v128.load(beta + 4 * j)));
    }
    for (; j < width; j++) {
      const centred = load<f32>(x + o + 4 * j) - load<f32>(mean + 4 * j);
      const scale = load<f32>(gamma + 4 * j) * load<f32>(rstd + 4 * j);
      store<f32>(y + o + 4 * j, centred * scale + load<f32>(beta + 4 * j));
    }
  }
}

function columnMeans(x: usize, mean: usize, rows: i32, width: i32, sums: usize): void {
  memory.fill(sums, 0, 8 * width);
  for (let r = 0; r < rows; r++) {
    const row = x + 4 * r * width;
    for (let j = 0; j < width; j++) {
      store<f64>(sums + 8 * j, load<f64>(sums + 8 * j) + <f64>load<f32>(row + 4 * j));
    }
  }
  for (let j = 0; j < width; j++) store<f32>(mean + 4 * j, <f32>(load<f64>(sums + 8 * j) / <f64>rows));
}

/** dx = gamma r (dy - mean(dy) - xhat mean(dy xhat)), dgamma = sum dy xhat, dbeta = sum dy; `sums` holds 2 width f64. */
export function batchNormGradient(
  dy: usize,
  x: usize,
  gamma: usize,
  mean: usize,
  rstd: usize,
  dx: usize,
  dGamma: usize,
  dBeta: usize,
  rows: i32,
  width: i32,
  sums: usize,
): void {
  const products = sums + 8 * width;
  memory.fill(sums, 0, 16 * width);
  for (let r = 0; r < rows; r++) {
    const o = 4 * r * width;
    for (let j = 0; j < width; j++) {
      const g = load<f32>(dy + o + 4 * j);
      const centred = load<f32>(x + o + 4 * j) - load<f32>(mean + 4 * j);
      store<f64>(sums + 8 * j, load<f64>(sums + 8 * j) + <f64>g);
      store<f64>(products + 8 * j, load<f64>(products + 8 * j) + <f64>(g * centred));
    }
  }
  for (let j = 0; j < width; j++) {
    store<f32>(dBeta + 4 * j, <f32>load<f64>(sums + 8 * j));
    store<f32>(dGamma + 4 * j, <f32>(load<f64>(products + 8 * j) * <f64>load<f32>(rstd + 4 * j)));
  }
  const share = f32x4.splat(<f32>(1 / <f64>rows));
  for (let r = 0; r < rows; r++) {
    const o = 4 * r * width;
    let j = 0;
    for (; j + 4 <= width; j += 4) {
      const c = 4 * j;
      const inverse = v128.load(rstd + c);
      const xhat = f32x4.mul(f32x4.sub(v128.load(x + o + c), v128.load(mean + c)), inverse);
      const means = f32x4.mul(f32x4.add(v128.load(dBeta + c), f32x4.mul(xhat, v128.load(dGamma + c))), share);
      const scale = f32x4.mul(v128.load(gamma + c), inverse);
      v128.store(dx + o + c, f32x4.mul(f32x4.sub(v128.load(dy + o + c), means), scale));
    }
    for (; j < width; j++) {
      const c = 4 * j;
      const inverse = load<f32>(rstd + c);
      const xhat = (load<f32>(x + o + c) - load<f32>(mean + c)) * inverse;
      const means = (load<f32>(dBeta + c) + xhat * load<f32>(dGamma + c)) / <f32>rows;
      store<f32>(dx + o + c, (load<f32>(dy + o + c) - means) * load<f32>(gamma + c) * inverse);
    }
  }
}

/** Every row by itself: normalized = (x - mean) rstd, y = gamma normalized + beta; rstd [rows]. */
export function layerNorm(
  x: usize,
  gamma: usize,
  beta: usize,
  y: usize,
  normalized: usize,
  rstd: usize,
  rows: i32,
  width: i32,
  epsilon: f32,
): void {
  for (let r = 0; r < rows; r++) {
    const o = 4 * r * width;
    let sum: f64 = 0;
    for (let j = 0; j < width; j++) sum += <f64>load<f32>(x + o + 4 * j);
    const mean = <f32>(sum / <f64>width);
    let squares: f64 = 0;
    for (let j = 0; j < width; j++) {
      const centred = load<f32>(x + o + 4 * j) - mean;
      squares += <f64>(centred * centred);
    }
    const inverse = <f32>(1 / sqrt(squares / <f64>width + <f64>epsilon));
    store<f32>(rstd + 4 * r, inverse);
    let j = 0;
    for (; j + 4 <= width; j += 4) {
      const xhat = f32x4.mul(f32x4.sub(v128.load(x + o + 4 * j), f32x4.splat(mean)), f32x4.splat(inverse));
      v128.store(normalized + o + 4 * j, xhat);
      v128.store(
        y + o + 4 * j,
        f32x4.add(f32x4.mul(xhat, v128.load(gamma + 4 * j)), v128.load(beta + 4 * j)),
      );
    }
    for (; j < width; j++) {
      const xhat = (load<f32>(x + o + 4 * j) - mean) * inverse;
      store<f32>(normalized + o + 4 * j, xhat);
      store<f32>(y + o + 4 * j, xhat * load<f32>(gamma + 4 * j) + load<f32>(beta + 4 * j));
    }
  }
}

/** dx = r (g - mean(g) - xhat mean(g xhat)) with g = dy gamma in every row; dgamma and dbeta summed over rows. */
export function layerNormGradient(
  dy: usize,
  normalized: usize,
  rstd: usize,
  gamma: usize,
  dx: usize,
  dGamma: usize,
  dBeta: usize,
  rows: i32,
  width: i32,
): void {
  memory.fill(dGamma, 0, 4 * width);
  memory.fill(dBeta, 0, 4 * width);
  for (let r = 0; r < rows; r++) {
    const o = 4 * r * width;
    let sum: f64 = 0;
    let along: f64 = 0;
    for (let j = 0; j < width; j++) {
      const upstream = load<f32>(dy + o + 4 * j);
      const xhat = load<f32>(normalized + o + 4 * j);
      const g = upstream * load<f32>(gamma + 4 * j);
      sum += <f64>g;
      along += <f64>(g * xhat);
      store<f32>(dBeta + 4 * j, load<f32>(dBeta + 4 * j) + upstream);
      store<f32>(dGamma + 4 * j, load<f32>(dGamma + 4 * j) + upstream * xhat);
    }
    const mean = <f32>(sum / <f64>width);
    const slope = <f32>(along / <f64>width);
    const inverse = load<f32>(rstd + 4 * r);
    for (let j = 0; j < width; j++) {
      const g = load<f32>(dy + o + 4 * j) * load<f32>(gamma + 4 * j);
      store<f32>(dx + o + 4 * j, (g - mean - load<f32>(normalized + o + 4 * j) * slope) * inverse);
    }
  }
}
