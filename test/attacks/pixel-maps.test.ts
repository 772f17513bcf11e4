/** The maps of augmented images: against their closed forms, their invariant, and small images worked by hand. */
import assert from 'node:assert/strict';
import { NO_SOURCE, pixelSources } from '../../src/attacks/pixel-maps.ts';

describe('pixel maps', () => {
  it('moves every pixel once under the cat map, which undoes itself after its period', () => {
    const sources = pixelSources('cat-map', 5, 5, 0);
    assert.equal(new Set(sources).size, 25, 'a permutation');
    assert.equal(sources[3 * 5 + 2], 1 * 5 + 1, '(1, 1) goes to (3, 2)');
    let image = [...Array(25).keys()];
    for (let i = 0; i < 10; i++) image = [...sources].map((source) => image[source]!);
    assert.deepEqual(image, [...Array(25).keys()], 'the period of side 5 is 10');
  });

  it('leaves the image alone for the flow of no time', () => {
    const sources = pixelSources('lotka-volterra', 6, 4, 1e-9);
    // the flow moves nothing by a whole pixel, and truncation keeps what is on the grid within rounding
    const kept = [...sources].filter(
      (source, pixel) => Math.abs(source - pixel) <= 1 || Math.abs(source - pixel) === 4,
    );
    assert.equal(kept.length, 24);
  });

  it('follows the equations of Lotka and Volterra', () => {
    // x y - ln-free check: dx/dt = 2/3 x - 4/3 x y and dy/dt = x y - y at (x, y) = (8, 8), time 0.004, by many Euler steps
    let [x, y] = [8, 8];
    const n = 400_000;
    for (let i = 0; i < n; i++) {
      const [dx, dy] = [(2 / 3) * x - (4 / 3) * x * y, x * y - y];
      x += (0.004 / n) * dx;
      y += (0.004 / n) * dy;
    }
    const sources = pixelSources('lotka-volterra', 32, 32, 0.004);
    const [row, column] = [Math.trunc(16 - x), Math.trunc(16 - y)];
    assert.equal(
      sources[8 * 32 + 8],
      row * 32 + column,
      `(8, 8) flows to (${x.toFixed(3)}, ${y.toFixed(3)})`,
    );
    assert.ok(row !== 8 || column !== 8, 'which is another pixel');
    assert.ok(sources.includes(NO_SOURCE), 'some flow out of the image');
  });
});
