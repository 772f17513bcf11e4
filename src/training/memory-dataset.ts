/**
 * A data set whose examples all lie in memory. Its spec is made of typed arrays; over SharedArrayBuffers every worker
 * thread reads the same memory, otherwise each receives a copy.
 */
import { assert } from '../foundation/assert.ts';
import type { Batch, Dataset } from './dataset.ts';

export interface MemoryDatasetSpec {
  readonly kind: 'memory';
  readonly name: string;
  /** Row-major [size, ...featureShape]. */
  readonly features: Float32Array | Int32Array;
  /** Row-major [size, ...labelShape]. */
  readonly labels: Int32Array;
  readonly featureShape: readonly number[];
  readonly labelShape: readonly number[];
  readonly classes: number;
}

export function openMemoryDataset(spec: MemoryDatasetSpec): Dataset {
  const { features, labels, featureShape, labelShape, classes, name } = spec;
  const width = extentOf(featureShape);
  const labelWidth = extentOf(labelShape);
  const size = labels.length / labelWidth;
  assert(features.length === size * width, `${name} has as many features as its labels say`);
  return {
    name,
    size,
    featureShape,
    featureType: features instanceof Int32Array ? 'int32' : 'float32',
    labelShape,
    classes,
    read: (indices) => {
      const batch = {
        features: new (features.constructor as Float32ArrayConstructor)(indices.length * width),
        labels: new Int32Array(indices.length * labelWidth),
        size: indices.length,
      } satisfies Batch;
      for (let i = 0; i < indices.length; i++) {
        const index = indices[i] as number;
        assert(index >= 0 && index < size, `example ${index} of ${name} exists`);
        batch.features.set(features.subarray(index * width, (index + 1) * width), i * width);
        batch.labels.set(labels.subarray(index * labelWidth, (index + 1) * labelWidth), i * labelWidth);
      }
      return batch;
    },
    label: (index) => labels[index * labelWidth] as number,
  };
}

/** The product of a shape's extents. */
export function extentOf(shape: readonly number[]): number {
  return shape.reduce((product, extent) => product * extent, 1);
}
