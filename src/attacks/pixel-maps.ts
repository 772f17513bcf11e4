/**
 * The maps by which the augmented images of arXiv 2302.05865 (section 3.1) are made: the flow of Lotka and Volterra's
 * equations (x, y)' = (2/3 x - 4/3 x y, x y - y) for a short time, with pixels counted from the image's middle, as in the
 * authors' script; and Arnold's cat map (x, y) -> (2 x + y, x + y) mod the side. The paper's smooth form of the cat map
 * needs exp and log and is left out.
 */

export type PixelMap = 'lotka-volterra' | 'cat-map';

/** What a pixel takes that has no source in the image: black, or the value 0. */
export const NO_SOURCE = -1;

/** For each pixel of an image, row by row, the number of the pixel whose value it takes, or NO_SOURCE. */
export function pixelSources(map: PixelMap, height: number, width: number, time: number): Int32Array {
  return map === 'cat-map' ? catMap(height) : lotkaVolterra(height, width, time);
}

function catMap(side: number): Int32Array {
  const sources = new Int32Array(side * side);
  for (let x = 0; x < side; x++) {
    for (let y = 0; y < side; y++) {
      const [movedX, movedY] = [(2 * x + y) % side, (x + y) % side];
      sources[movedX * side + movedY] = x * side + y;
    }
  }
  return sources;
}

const ALPHA = 2 / 3;
const BETA = 4 / 3;
const GAMMA = 1;
const DELTA = 1;
/** Within 1e-9 of a pixel at images of 64 pixels a side; the authors' solver works to 1e-3 of a value. */
const STEPS_PER_TIME = 3200;

function lotkaVolterra(height: number, width: number, time: number): Int32Array {
  const steps = Math.max(1, Math.ceil(time * STEPS_PER_TIME));
  const [middleX, middleY] = [height / 2, width / 2];
  const sources = new Int32Array(height * width).fill(NO_SOURCE);
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      const [x, y] = flow(middleX - row, middleY - column, time / steps, steps);
      const [fromRow, fromColumn] = [Math.trunc(middleX - x), Math.trunc(middleY - y)];
      const inside = fromRow >= 0 && fromColumn >= 0 && fromRow < height && fromColumn < width;
      if (inside) sources[row * width + column] = fromRow * width + fromColumn;
    }
  }
  return sources;
}

/** Runge and Kutta's method of order 4. */
function flow(x: number, y: number, h: number, steps: number): [x: number, y: number] {
  const dx = (u: number, v: number) => ALPHA * u - BETA * u * v;
  const dy = (u: number, v: number) => DELTA * u * v - GAMMA * v;
  for (let i = 0; i < steps; i++) {
    const [k1, l1] = [dx(x, y), dy(x, y)];
    const [k2, l2] = [dx(x + (h / 2) * k1, y + (h / 2) * l1), dy(x + (h / 2) * k1, y + (h / 2) * l1)];
    const [k3, l3] = [dx(x + (h / 2) * k2, y + (h / 2) * l2), dy(x + (h / 2) * k2, y + (h / 2) * l2)];
    const [k4, l4] = [dx(x + h * k3, y + h * l3), dy(x + h * k3, y + h * l3)];
    x += (h / 6) * (k1 + 2 * k2 + 2 * k3 + k4);
    y += (h / 6) * (l1 + 2 * l2 + 2 * l3 + l4);
  }
  return [x, y];
}
