/**
 * A data set whose examples stay in memory as float32 from their first reading on: many simulated workers read the
 * same small set over and over, and turning its bytes into numbers would take longer than a small gradient.
 */
import type { Batch, Dataset } from '../../src/training/dataset.ts';

/** MNIST's 60,000 examples take 188 MB; pages of examples that are never read are never touched. */
const MOST_BYTES = 256 * 1024 * 1024;

/**
 * A batch that is read is overwritten by the next one: a new one of 100 KB for each small gradient would cost as much
 * as the gradient. The same data set where it has no class labels, no float32 features, or is too large to keep.
 */
export function cacheExamples(dataset: Dataset, mostBytes = MOST_BYTES): Dataset {
  const length = dataset.featureShape.reduce((product, extent) => product * extent, 1);
  const small = 4 * length * dataset.size <= mostBytes;
  if (!small || dataset.featureType !== 'float32' || dataset.labelShape.length > 0) return dataset;
  const features = new Float32Array(length * dataset.size);
  const known = new Uint8Array(dataset.size);
  const load = (index: number) => {
    features.set(dataset.read([index]).features, index * length);
    known[index] = 1;
  };
  let page = new Float32Array(0);
  const read = (indices: ArrayLike<number>): Batch => {
    const size = indices.length;
    if (page.length < size * length) page = new Float32Array(size * length);
    const batch = { features: page.subarray(0, size * length), labels: new Int32Array(size), size };
    for (let i = 0; i < size; i++) {
      const index = indices[i] as number;
      if (known[index] !== 1) load(index);
      batch.features.set(features.subarray(index * length, (index + 1) * length), i * length);
      batch.labels[i] = dataset.label(index);
    }
    return batch;
  };
  return {
    name: dataset.name,
    size: dataset.size,
    featureShape: dataset.featureShape,
    featureType: dataset.featureType,
    labelShape: dataset.labelShape,
    classes: dataset.classes,
    read,
    label: (index) => dataset.label(index),
  };
}
