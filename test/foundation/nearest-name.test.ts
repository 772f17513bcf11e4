import assert from 'node:assert/strict';
import { didYouMean, nearestName } from '../../src/foundation/nearest-name.ts';

const RULES = [
  'mean',
  'median',
  'trimmed-mean',
  'krum',
  'multi-krum',
  'geometric-median',
  'centered-clipping',
];

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

  it('knows what rules, pre-aggregators and attacks are called elsewhere', () => {
    const names = [...RULES, 'nnm', 'bucketing', 'clip', 'sign-flip', 'label-flip', 'ipm', 'alie'];
    for (const [written, meant] of [
      ['TrMean', 'trimmed-mean'],
      ['CwTM', 'trimmed-mean'],
      ['CWTM', 'trimmed-mean'],
      ['Cw_Med', 'median'],
      ['CWMed', 'median'],
      ['GeoMed', 'geometric-median'],
      ['RFA', 'geometric-median'],
      ['MKrum', 'multi-krum'],
      ['CClip', 'centered-clipping'],
      ['Average', 'mean'],
      ['NearestNeighborMixing', 'nnm'],
      ['resampling', 'bucketing'],
      ['Little', 'alie'],
      ['SignFlipping', 'sign-flip'],
    ] as const) {
      assert.equal(nearestName(written, names), meant, written);
    }
    assert.equal(didYouMean('TrMean', RULES), ' (did you mean trimmed-mean?)');
    assert.notEqual(nearestName('TrMean', ['mean', 'median']), 'trimmed-mean', 'only what is known there');
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
