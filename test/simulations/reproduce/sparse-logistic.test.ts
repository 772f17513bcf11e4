import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import {
  compressRows,
  minimise,
  SparseLogistic,
  type SparseRows,
} from '../../../simulations/reproduce/sparse-logistic.ts';
import { findReproduction } from '../../../simulations/reproduce/catalogue.ts';
import { openDataset, parseDatasetSpec } from '../../../src/training/data/dataset-spec.ts';

const DATA_DIR = process.env['SYNOD_TEST_DATA'] ?? '../shared/data';
const A9A = existsSync(join(DATA_DIR, 'libsvm', 'a9a'));

const ROWS: SparseRows = {
  rowStart: Uint32Array.of(0, 2, 3, 5),
  column: Uint16Array.of(0, 2, 1, 0, 1),
  value: Float64Array.of(0.6, 0.8, 1, -0.6, 0.8),
  label: Uint8Array.of(1, 0, 1),
  columns: 3,
};

describe('sparse logistic regression', () => {
  const problem = new SparseLogistic(ROWS, 0.01);

  it('has the loss of its definition', () => {
    const w = [0.5, -1, 2];
    const [za, zb, zc] = [0.6 * 0.5 + 0.8 * 2, -1, -0.6 * 0.5 - 0.8];
    const expected =
      (Math.log(1 + Math.exp(-za)) + Math.log(1 + Math.exp(zb)) + Math.log(1 + Math.exp(-zc))) / 3 +
      0.005 * 5.25;
    assert.ok(Math.abs(problem.loss(w) - expected) < 1e-14, `${problem.loss(w)}, expected ${expected}`);
  });

  it('has the gradient of its loss, over all rows and over some', () => {
    const w = [0.3, -0.2, 0.7];
    const gradient = problem.gradient(w);
    for (let j = 0; j < 3; j++) {
      const shifted = (h: number) => problem.loss(w.map((x, i) => (i === j ? x + h : x)));
      const slope = (shifted(1e-5) - shifted(-1e-5)) / 2e-5;
      assert.ok(Math.abs(gradient[j]! - slope) < 1e-9, `d/dw${j}: ${gradient[j]}, expected ${slope}`);
    }
    const parts = [0, 1, 2].map((i) => problem.gradient(w, [i]));
    gradient.forEach((value, j) => {
      const mean = (parts[0]![j]! + parts[1]![j]! + parts[2]![j]!) / 3;
      assert.ok(Math.abs(value - mean) < 1e-15, 'the mean of the rows');
    });
    const flipped = new SparseLogistic({ ...ROWS, label: Uint8Array.of(0, 1, 0) }, 0.01);
    assert.deepEqual(problem.gradient(w, [0, 2], true), flipped.gradient(w, [0, 2]), 'reversed labels');
  });

  it('is minimised where its gradient vanishes', () => {
    const { w, loss } = minimise(problem);
    assert.ok(
      problem.gradient(w).every((slope) => Math.abs(slope) < 1e-14),
      'stationary',
    );
    assert.equal(loss, problem.loss(w));
  });

  (A9A ? it : it.skip)('on a9a has the anchors of the paper (needs the data folder)', async () => {
    const spec = { ...parseDatasetSpec('a9a', 'data'), dir: DATA_DIR };
    const a9a = new SparseLogistic(compressRows(await openDataset(spec, 'train')), 0.01);
    const { loss } = minimise(a9a);
    assert.ok(Math.abs(loss - 0.48710015416) < 1e-8, `f* = ${loss}`);
    assert.ok(Math.abs(a9a.loss(new Float64Array(123)) - loss - 0.206) < 1e-4, 'f(0) - f*');
  });

  (A9A ? it : it.skip)('clipping decides the a9a experiment (needs the data folder)', async function () {
    this.timeout(120_000);
    const reproduction = findReproduction('vr-marina-pp-a9a');
    const cells = reproduction.cells({ size: 'quick', seeds: [123] });
    const runner = await reproduction.open(DATA_DIR);
    const gapOf = async (clip: number | null) => {
      const cell = cells.find(({ settings }) => settings['clip'] === clip);
      assert.ok(cell, `a cell with clip ${clip}`);
      const { outcome } = { outcome: await runner.run({ ...cell.settings, epochs: 2 }, () => {}) };
      return outcome.values['finalGap'] ?? Infinity;
    };
    assert.ok((await gapOf(0.1)) < 1e-3, 'lambda 0.1 converges: 1.5e-4 after two epochs');
    assert.ok((await gapOf(null)) > 0.05, 'no clipping does not');
    await runner.close();
  });
});
