/**
 * Image folders: one folder a class, PNG and JPEG files in it. Below `dir` either `train/` and `test/` hold the class
 * folders, or the class folders lie in `dir` itself and a random share of the files is the test split. Classes are
 * numbered by the sorted names of the training folders.
 */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { statOf } from '../../files/file-fault.ts';
import { invalidField } from '../../foundation/operator-error.ts';
import { integer } from '../../foundation/schema.ts';
import { SeededRandom } from '../../foundation/seeded-random.ts';
import { RandomOrder } from './batches.ts';
import type { ByteSource } from './byte-source.ts';
import { readImage, type ImageSize } from './decode-image.ts';
import {
  checkLimit,
  FILE_SET,
  normalization,
  type FileSetSpec,
  type Normalization,
  memoryBytesOf,
} from './file-set.ts';
import { inspectImage } from './inspect-image.ts';
import { PixelDataset } from './pixel-dataset.ts';
import { TEST_SHARE } from './table-spec.ts';

export interface ImagesSpec extends FileSetSpec, ImageSize {
  readonly name: 'images';
  readonly testShare: number;
  readonly normalize: Normalization | false;
}

const LARGEST_SIDE_PIXELS = 4096;
const DEFAULT_TEST_SHARE = 0.2;
const MOST_CLASSES = 256;
const IMAGE_NAME = /\.(png|jpe?g)$/i;

export const IMAGES_SPEC = z
  .strictObject({
    name: z.literal('images'),
    ...FILE_SET,
    height: integer(1, LARGEST_SIDE_PIXELS),
    width: integer(1, LARGEST_SIDE_PIXELS),
    channels: z.literal([1, 3]).default(3),
    testShare: TEST_SHARE.default(DEFAULT_TEST_SHARE),
    normalize: z
      .union([normalization(1), normalization(3)], {
        error: 'be false or { mean, sd } of as many finite numbers as channels, sd above 0',
      })
      .default(false),
  })
  .refine(({ normalize, channels }) => normalize === false || normalize.mean.length === channels, {
    path: ['normalize'],
    error: 'have one mean and one sd for each channel',
  });

export function openImages(spec: ImagesSpec, dir: string, split: 'train' | 'test'): PixelDataset {
  const hasSplits = existsSync(join(dir, 'train'));
  const trainDir = hasSplits ? join(dir, 'train') : dir;
  const classes = classFolders(trainDir);
  let files = listFiles(hasSplits ? join(dir, split) : dir, classes);
  if (!hasSplits) files = splitFiles(files, spec.testShare, split);
  const limit = split === 'train' ? spec.train : spec.test;
  checkLimit(limit, files.length, split);
  files = files.slice(0, limit);
  for (const { path } of files) {
    inspectImage(path);
  }
  const length = spec.height * spec.width * spec.channels;
  const source = new ImageFiles(
    files.map(({ path }) => path),
    spec,
    length * files.length <= memoryBytesOf(spec),
  );
  return new PixelDataset(
    {
      ...spec,
      layout: 'interleaved',
      classes: classes.length,
      normalization: spec.normalize,
      labels: Uint8Array.from(files, ({ label }) => label),
      parts: [{ source, start: 0, recordBytes: length, pixelOffset: 0, count: files.length }],
    },
    undefined,
  );
}

/** Decoded images one after another; each is decoded when first read, and kept where all of them fit. */
class ImageFiles implements ByteSource {
  readonly path: string;
  readonly length: number;
  readonly streamed = true;
  private readonly paths: readonly string[];
  private readonly size: ImageSize;
  private readonly kept: Map<number, Uint8Array> | undefined;

  constructor(paths: readonly string[], size: ImageSize, keep: boolean) {
    this.paths = paths;
    this.path = paths[0] as string;
    this.size = size;
    this.length = paths.length * size.height * size.width * size.channels;
    this.kept = keep ? new Map() : undefined;
  }

  read(offset: number, length: number): Uint8Array {
    const index = offset / length;
    const known = this.kept?.get(index);
    if (known !== undefined) return known;
    const pixels = readImage(this.paths[index] as string, this.size);
    this.kept?.set(index, pixels);
    return pixels;
  }
}

interface ImageFile {
  readonly path: string;
  readonly label: number;
}

function classFolders(dir: string): string[] {
  if (!existsSync(dir)) throw invalidField('data.dir', 'be a folder that holds a folder for each class', dir);
  const names = readdirSync(dir, { withFileTypes: true })
    .filter(
      (entry) =>
        !entry.name.startsWith('.') &&
        (entry.isDirectory() ||
          (entry.isSymbolicLink() && statOf(join(dir, entry.name))?.isDirectory() === true)),
    )
    .map((entry) => entry.name)
    .sort();
  if (names.length < 2 || names.length > MOST_CLASSES) {
    throw invalidField(dir, `hold from 2 to ${MOST_CLASSES} folders, one a class`, names.length);
  }
  return names;
}

function listFiles(dir: string, classes: readonly string[]): ImageFile[] {
  const files = classes.flatMap((name, label) => {
    const folder = join(dir, name);
    if (!existsSync(folder)) return [];
    return readdirSync(folder)
      .filter((file) => IMAGE_NAME.test(file) && !file.startsWith('.'))
      .sort()
      .map((file) => ({ path: join(folder, file), label }));
  });
  if (files.length < 2)
    throw invalidField(dir, 'hold two PNG or JPEG images or more in its class folders', files.length);
  return files;
}

function splitFiles(files: readonly ImageFile[], testShare: number, split: 'train' | 'test'): ImageFile[] {
  const testCount = Math.min(files.length - 1, Math.max(1, Math.round(files.length * testShare)));
  const order = new RandomOrder(files.length, new SeededRandom('image split'));
  const chosen = Array.from({ length: files.length }, (_, place) => order.at(place));
  const places = split === 'test' ? chosen.slice(0, testCount) : chosen.slice(testCount);
  return places.sort((a, b) => a - b).map((place) => files[place] as ImageFile);
}
