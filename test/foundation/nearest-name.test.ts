import assert from 'node:assert/strict';
import { didYouMean, nearestName } from '../../src/foundation/nearest-name.ts';

describe('the nearest name', () => {
  const known = ['threads', 'data-dir', 'out', 'experiment', 'f', 'rule'];

  it('finds a slip, a swap, another spelling and a beginning', () => {
    for (const [written, meant] of [
      ['thread', 'threads'],
      ['treads', 'threads'],
      ['thraeds', 'threads'],
      ['dataDir', 'data-dir'],
      ['data_dir', 'data-dir'],
      ['exp', 'experiment'],
      ['RULE', 'rule'],
      ['ruel', 'rule'],
    ] as const) {
      assert.equal(nearestName(written, known), meant, written);
    }
  });

  it('finds the short name of a long one, the long one of a short, and a name among other words', () => {
    const names = ['ipm', 'alie', 'median', 'geometric-median', 'nnm', 'multi-krum', 'krum'];
    for (const [written, meant] of [
      ['InnerProductManipulation', 'ipm'],
      ['ALittleIsEnough', 'alie'],
      ['nearest-neighbor-mixing', 'nnm'],
      ['gm', 'geometric-median'],
      ['MultiKrum', 'multi-krum'],
      ['coordinate-wise-median', 'median'],
      ['smoothed_geometric_median', 'geometric-median'],
    ] as const) {
      assert.equal(nearestName(written, names), meant, written);
    }
  });

  it('finds none where nothing is near', () => {
    for (const written of ['xyz', 'x', '', 'zz', 'a'.repeat(1000)]) {
      assert.equal(nearestName(written, known), undefined, written.slice(0, 9));
    }
    assert.equal(didYouMean('qqqq', known), '');
    assert.equal(didYouMean('rule', known), '');
    assert.equal(didYouMean('ruel', known), ' (did you mean rule?)');
  });
});
