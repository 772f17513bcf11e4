/** Small data sets for the tests of this room: separable clusters of any shape, and random text. */
import { SeededRandom } from '../../src/foundation/seeded-random.ts';
import { extentOf, type MemoryDatasetSpec } from '../../src/training/memory-dataset.ts';

/** Gaussian clusters, one a class, around seeded centres; over shared memory. */
export function clusters(
  size: number,
  featureShape: readonly number[],
  classes: number,
  seed = 'clusters',
): MemoryDatasetSpec {
  const width = extentOf(featureShape);
  const random = new SeededRandom(seed);
  const centres = Float32Array.from({ length: classes * width }, () => random.nextNormal());
  const features = new Float32Array(new SharedArrayBuffer(4 * size * width));
  const labels = new Int32Array(new SharedArrayBuffer(4 * size));
  for (let i = 0; i < size; i++) {
    const label = random.nextBelow(classes);
    labels[i] = label;
    for (let j = 0; j < width; j++) {
      features[i * width + j] = (centres[label * width + j] as number) + 0.5 * random.nextNormal();
    }
  }
  return { kind: 'memory', name: 'clusters', features, labels, featureShape, labelShape: [], classes };
}

/** `size` windows of `context` random tokens; the label of each position is the token after it. */
export function randomText(size: number, context: number, classes: number): MemoryDatasetSpec {
  const random = new SeededRandom('text');
  const features = new Int32Array(size * context);
  const labels = new Int32Array(size * context);
  for (let i = 0; i < size; i++) {
    let token = random.nextBelow(classes);
    for (let j = 0; j < context; j++) {
      features[i * context + j] = token;
      token = random.nextBelow(classes);
      labels[i * context + j] = token;
    }
  }
  const shape = [context];
  return { kind: 'memory', name: 'text', features, labels, featureShape: shape, labelShape: shape, classes };
}
