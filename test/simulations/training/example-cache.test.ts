import assert from 'node:assert/strict';
import { cacheExamples } from '../../../simulations/training/example-cache.ts';
import { openDataset, parseDatasetSpec } from '../../../src/training/data/dataset-spec.ts';
import type { Dataset } from '../../../src/training/dataset.ts';

const open = () => openDataset(parseDatasetSpec({ name: 'glyphs', train: 40, test: 10 }, 'data'), 'train');

/** Counts the examples that are really read. */
function counted(dataset: Dataset): { readonly dataset: Dataset; readonly reads: () => number } {
  let reads = 0;
  const read: Dataset['read'] = (indices) => {
    reads += indices.length;
    return dataset.read(indices);
  };
  const copy = { ...dataset, read, label: (index: number) => dataset.label(index) };
  return { dataset: Object.assign(Object.create(dataset) as Dataset, copy), reads: () => reads };
}

describe('example cache', () => {
  it('gives the same batches, and reads each example once', async () => {
    const original = await open();
    const { dataset, reads } = counted(original);
    const cached = cacheExamples(dataset);
    for (const indices of [[3], [5, 3, 5], [39, 0, 3], []]) {
      assert.deepEqual(cached.read(indices), original.read(indices), `examples ${indices.join(', ')}`);
    }
    assert.equal(reads(), 4, 'examples 0, 3, 5 and 39');
    assert.deepEqual(
      [cached.size, cached.classes, cached.label(7), cached.featureShape],
      [original.size, original.classes, original.label(7), original.featureShape],
    );
  });

  it('hands out batches that may be written to', async () => {
    const cached = cacheExamples(await open());
    const before = cached.read([1]).features.slice();
    cached.read([1]).features.fill(9);
    assert.deepEqual(cached.read([1]).features, before, 'the stored example is not touched');
  });

  it('leaves alone what is too large', async () => {
    const dataset = await open();
    assert.equal(cacheExamples(dataset, 100), dataset, 'more than 100 bytes');
  });
});
