/** Attacks on the data instead of the vector: what a poisoned worker trains on, honestly. Applied where batches are read. */
import { invalidField } from '../foundation/operator-error.ts';
import { SeededRandom } from '../foundation/seeded-random.ts';
import { NO_SOURCE, pixelSources, type PixelMap } from './pixel-maps.ts';

export type DataPoison =
  /** Class classes - 1 - c in place of c. */
  { readonly kind: 'reversed-labels' } | AugmentedImages;

export interface AugmentedImages {
  readonly kind: 'augmented-images';
  /** `mixed`: each image by one of both, or by none. */
  readonly map: PixelMap | 'mixed' | 'none';
  /** Of the flow: an image gets one of ten times up to this. */
  readonly time: number;
  /** Of Gaussian noise in every value: an image gets one of ten levels up to this. */
  readonly deviation: number;
}

/** What a poison must know of the data that it acts on. */
export interface PoisonedData {
  readonly featureShape: readonly number[];
  readonly featureType: 'float32' | 'int32';
  readonly labelShape: readonly number[];
  readonly classes: number;
}

export interface PoisonedBatch {
  /** Row-major [size, ...featureShape]. */
  readonly features: Float32Array | Int32Array;
  readonly labels: Int32Array;
  readonly size: number;
}

const LEVELS = 10;

/** Throws OperatorError where the data cannot be poisoned so. */
export function checkPoison(poison: DataPoison | undefined, data: PoisonedData): void {
  if (poison === undefined || poison.kind === 'reversed-labels') return;
  const { featureShape, featureType } = data;
  if (featureShape.length !== 3 || featureType !== 'float32') {
    throw invalidField(
      'attack',
      'be another one than augmented-data where examples are no images',
      featureShape,
    );
  }
  const needsSquare = poison.map === 'cat-map' || poison.map === 'mixed';
  if (needsSquare && featureShape[0] !== featureShape[1]) {
    throw invalidField('attack.map', 'be lotka-volterra or none where images are not square', poison.map);
  }
}

/** A new batch; `numbers` are the examples' own, so an image is the same in every batch and at every worker. */
export function poisonBatch(
  batch: PoisonedBatch,
  numbers: ArrayLike<number>,
  data: PoisonedData,
  poison: DataPoison,
): PoisonedBatch {
  if (poison.kind === 'reversed-labels') {
    return { ...batch, labels: batch.labels.map((label) => data.classes - 1 - label) };
  }
  const features = new Float32Array(batch.features);
  const length = features.length / batch.size;
  for (let i = 0; i < batch.size; i++) {
    const random = new SeededRandom('synod/augmented-image', numbers[i] as number);
    const image = features.subarray(i * length, (i + 1) * length);
    movePixels(image, data.featureShape, poison, random);
    const deviation = (poison.deviation * (1 + random.nextBelow(LEVELS))) / LEVELS;
    if (deviation === 0) continue;
    for (let j = 0; j < length; j++) image[j] = (image[j] as number) + deviation * random.nextNormal();
  }
  return { ...batch, features };
}

const MIXED = ['lotka-volterra', 'cat-map', 'none'] as const;

function movePixels(
  image: Float32Array,
  [height = 0, width = 0, channels = 0]: readonly number[],
  poison: AugmentedImages,
  random: SeededRandom,
): void {
  const level = 1 + random.nextBelow(LEVELS);
  const map = poison.map === 'mixed' ? (MIXED[random.nextBelow(MIXED.length)] ?? 'none') : poison.map;
  if (map === 'none') return;
  const sources = sourcesOf(map, height, width, (poison.time * level) / LEVELS);
  const before = image.slice();
  for (let pixel = 0; pixel < sources.length; pixel++) {
    const source = sources[pixel] as number;
    for (let c = 0; c < channels; c++) {
      image[pixel * channels + c] = source === NO_SOURCE ? 0 : (before[source * channels + c] as number);
    }
  }
}

/** A map is worked out once for each size and level: a flow costs far more than moving the pixels. */
const known = new Map<string, Int32Array>();
const MOST_KNOWN = 64;

function sourcesOf(map: PixelMap, height: number, width: number, time: number): Int32Array {
  const key = `${map} ${height} ${width} ${map === 'cat-map' ? '' : time}`;
  const found = known.get(key);
  if (found !== undefined) return found;
  if (known.size >= MOST_KNOWN) known.clear();
  const sources = pixelSources(map, height, width, time);
  known.set(key, sources);
  return sources;
}
