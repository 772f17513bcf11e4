/** Gradient of maximum pooling over NHWC images: every maximum's share goes to the first position that holds it. */

/** Windows may overlap and hang over the edge; the geometry is that of a convolution whose channels stay. */
export function maxPoolGradient(geometry: usize, x: usize, dy: usize, dx: usize): void {
  const size = load<i32>(geometry), height = load<i32>(geometry, 4), width = load<i32>(geometry, 8);
  const channels = load<i32>(geometry, 12);
  const outHeight = load<i32>(geometry, 16), outWidth = load<i32>(geometry, 20);
  const windowHeight = load<i32>(geometry, 28), windowWidth = load<i32>(geometry, 32);
  const strideHeight = load<i32>(geometry, 36), strideWidth = load<i32>(geometry, 40);
  const padTop = load<i32>(geometry, 44), padLeft = load<i32>(geometry, 48);
  memory.fill(dx, 0, 4 * size * height * width * channels);
  let upstream = dy;
  for (let image = 0; image < size; image++) {
    const origin = 4 * image * height * width * channels;
    for (let line = 0; line < outHeight; line++) {
      const top = max(0, line * strideHeight - padTop);
      const bottom = min(height, line * strideHeight - padTop + windowHeight);
      for (let column = 0; column < outWidth; column++) {
        const left = max(0, column * strideWidth - padLeft);
        const right = min(width, column * strideWidth - padLeft + windowWidth);
        let c = 0;
        for (; c + 4 <= channels; c += 4) {
          let best = f32x4.splat(-Infinity);
          let place = i32x4.splat(0);
          for (let y = top; y < bottom; y++) {
            for (let z = left; z < right; z++) {
              const o = origin + 4 * ((y * width + z) * channels + c);
              const value = v128.load(x + o);
              const higher = f32x4.gt(value, best);
              best = v128.bitselect(value, best, higher);
              place = v128.bitselect(i32x4.splat(o), place, higher);
            }
          }
          addAt(dx + i32x4.extract_lane(place, 0), load<f32>(upstream));
          addAt(dx + i32x4.extract_lane(place, 1) + 4, load<f32>(upstream, 4));
          addAt(dx + i32x4.extract_lane(place, 2) + 8, load<f32>(upstream, 8));
          addAt(dx + i32x4.extract_lane(place, 3) + 12, load<f32>(upstream, 12));
          upstream += 16;
        }
        for (; c < channels; c++) {
          let best: f32 = -Infinity;
          let place = origin + 4 * ((top * width + left) * channels + c);
          for (let y = top; y < bottom; y++) {
            for (let z = left; z < right; z++) {
              const o = origin + 4 * ((y * width + z) * channels + c);
              const value = load<f32>(x + o);
              if (value > best) {
                best = value;
                place = o;
              }
            }
          }
          addAt(dx + place, load<f32>(upstream));
          upstream += 4;
        }
      }
    }
  }
}

// @ts-ignore: decorator
@inline
function addAt(address: usize, value: f32): void {
  store<f32>(address, load<f32>(address) + value);
}
