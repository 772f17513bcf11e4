import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { bytesOf } from '../../../src/foundation/bytes.ts';
import { DEFAULT_GLYPHS, GlyphDataset } from '../../../src/training/data/glyphs.ts';
import { trainAndScore } from './small-network.ts';

const all = (dataset: GlyphDataset) => dataset.read(Array.from({ length: dataset.size }, (_, i) => i));

describe('glyphs', () => {
  it('makes each example from seed, split and index alone', () => {
    const one = new GlyphDataset(DEFAULT_GLYPHS, 'train').read([7, 3]);
    const other = new GlyphDataset({ ...DEFAULT_GLYPHS, train: 8 }, 'train').read([3, 4, 7]);
    assert.deepEqual(one.features.subarray(0, 256), other.features.subarray(512), 'example 7, drawn later');
    assert.deepEqual(one.features.subarray(256), other.features.subarray(0, 256), 'example 3, drawn first');
    const test = new GlyphDataset(DEFAULT_GLYPHS, 'test').read([7, 3]);
    assert.notDeepEqual(one.features, test.features, 'another split');
    const seeded = new GlyphDataset({ ...DEFAULT_GLYPHS, seed: 2 }, 'train').read([7, 3]);
    assert.notDeepEqual(one.features, seeded.features, 'another seed');
  });

  it('draws the same bits for ever', () => {
    const { features, labels } = new GlyphDataset(DEFAULT_GLYPHS, 'train').read([0, 1, 2, 9999]);
    const digest = createHash('sha256').update(bytesOf(features)).update(bytesOf(labels)).digest('hex');
    assert.equal(
      digest,
      '0126bb473414ae37a530149c2126d058543a2016e8ac0c30a1a406137ba6ea62',
      'digest of four examples',
    );
  });

  it('has the shape it says, all ten classes and normalised pixels', () => {
    const dataset = new GlyphDataset({ ...DEFAULT_GLYPHS, train: 2000 }, 'train');
    const { features, labels, size } = all(dataset);
    assert.deepEqual([features.length, labels.length, size], [2000 * 256, 2000, 2000], 'sizes');
    const counts = new Array<number>(10).fill(0);
    labels.forEach((label, i) => {
      assert.equal(label, dataset.label(i), `label ${i} without its pixels`);
      counts[label] = (counts[label] as number) + 1;
    });
    assert.ok(
      counts.every((count) => count > 150 && count < 250),
      `balanced classes, got ${counts.join(' ')}`,
    );
    const pixels = Array.from(features);
    const mean = pixels.reduce((sum, x) => sum + x, 0) / pixels.length;
    const square = pixels.reduce((sum, x) => sum + x * x, 0) / pixels.length;
    assert.ok(Math.abs(mean) < 0.05, `mean near 0, got ${mean}`);
    assert.ok(Math.abs(square - 1) < 0.1, `mean square near 1, got ${square}`);
  });

  it('is out of reach of a linear model and within that of a small network', function () {
    this.timeout(60_000);
    const train = all(new GlyphDataset(DEFAULT_GLYPHS, 'train'));
    const test = all(new GlyphDataset(DEFAULT_GLYPHS, 'test'));
    const linear = trainAndScore(train, test, 10, { hidden: 0, steps: 500, batch: 128, rate: 0.02 });
    assert.ok(linear > 0.7 && linear < 0.87, `softmax regression between 70 % and 87 %, got ${linear}`);
    const network = trainAndScore(train, test, 10, { hidden: 64, steps: 400, batch: 64, rate: 0.05 });
    assert.ok(network > 0.92, `a network of 64 hidden units above 92 %, got ${network}`);
  });
});
