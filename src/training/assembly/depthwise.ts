/** Gradients of depthwise convolution, NHWC; filters [kernelHeight, kernelWidth, from, multiplier]. Plain loops. */

/** `to` in the geometry is from * multiplier. */
export function depthwiseFilterGradient(geometry: usize, x: usize, dy: usize, out: usize): void {
  const from = load<i32>(geometry, 12),
    to = load<i32>(geometry, 24);
  memory.fill(out, 0, 4 * load<i32>(geometry, 28) * load<i32>(geometry, 32) * to);
  walk(geometry, x, dy, out, to / from, true);
}

export function depthwiseInputGradient(geometry: usize, dy: usize, filter: usize, dx: usize): void {
  const from = load<i32>(geometry, 12),
    to = load<i32>(geometry, 24);
  memory.fill(dx, 0, 4 * load<i32>(geometry) * load<i32>(geometry, 4) * load<i32>(geometry, 8) * from);
  walk(geometry, dx, dy, filter, to / from, false);
}

/** Every product of the convolution once: adds x dy to the filter, or dy times the filter to x. */
function walk(g: usize, x: usize, dy: usize, filter: usize, multiplier: i32, toFilter: bool): void {
  const size = load<i32>(g),
    height = load<i32>(g, 4),
    width = load<i32>(g, 8),
    from = load<i32>(g, 12);
  const outHeight = load<i32>(g, 16),
    outWidth = load<i32>(g, 20),
    to = load<i32>(g, 24);
  const kernelHeight = load<i32>(g, 28),
    kernelWidth = load<i32>(g, 32);
  for (let image = 0; image < size; image++) {
    for (let line = 0; line < outHeight; line++) {
      for (let column = 0; column < outWidth; column++) {
        const upstream = dy + 4 * ((image * outHeight + line) * outWidth + column) * to;
        for (let i = 0; i < kernelHeight; i++) {
          const y = line * load<i32>(g, 36) - load<i32>(g, 44) + i * load<i32>(g, 52);
          if (y < 0 || y >= height) continue;
          for (let j = 0; j < kernelWidth; j++) {
            const z = column * load<i32>(g, 40) - load<i32>(g, 48) + j * load<i32>(g, 56);
            if (z < 0 || z >= width) continue;
            const pixel = x + 4 * ((image * height + y) * width + z) * from;
            const weights = filter + 4 * (i * kernelWidth + j) * to;
            for (let c = 0; c < to; c++) {
              const at = pixel + 4 * (c / multiplier);
              const weight = weights + 4 * c;
              const share = load<f32>(upstream + 4 * c);
              if (toFilter) store<f32>(weight, load<f32>(weight) + share * load<f32>(at));
              else store<f32>(at, load<f32>(at) + share * load<f32>(weight));
            }
          }
        }
      }
    }
  }
}
