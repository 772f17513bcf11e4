import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { OperatorError } from '../../../src/foundation/operator-error.ts';
import { openDataset, parseDatasetSpec, type Split } from '../../../src/training/data/dataset-spec.ts';
import { TemporaryFolder, realData } from './temporary-folder.ts';

/** Two images of 2 x 3 pixels: 0..5 and 250..255, with labels 4 and 9. */
const IMAGES = Uint8Array.of(
  ...[0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 3],
  ...[0, 1, 2, 3, 4, 5, 250, 251, 252, 253, 254, 255],
);
const LABELS = Uint8Array.of(0, 0, 8, 1, 0, 0, 0, 2, 4, 9);
const changed = (bytes: Uint8Array, at: number, value: number) => bytes.with(at, value);

const FAULTS: readonly (readonly [string, Uint8Array, Uint8Array, RegExp])[] = [
  [
    'another magic number',
    changed(IMAGES, 2, 13),
    LABELS,
    /begin with the IDX magic number 0x00000803, got "0x00000d03"/,
  ],
  ['labels for images', LABELS, LABELS, /images.* must have an IDX header of 16 bytes, got "10 bytes"/],
  [
    'a missing pixel',
    IMAGES.subarray(0, 27),
    LABELS,
    /must be 28 bytes long, as its sizes 2 x 2 x 3 say, got 27/,
  ],
  ['a pixel too many', Uint8Array.of(...IMAGES, 0), LABELS, /must be 28 bytes long, .* got 29/],
  [
    'a claim of 2^32 - 1 images',
    IMAGES.map((b, i) => (i > 3 && i < 8 ? 255 : b)),
    LABELS,
    /bytes long, as its sizes 4294967295/,
  ],
  [
    'a claim of wide images',
    changed(IMAGES, 13, 16),
    LABELS,
    /have sides up to 4096 pixels, got \[2,1048579\]/,
  ],
  ['no image', changed(IMAGES, 7, 0).subarray(0, 16), LABELS, /have no size of 0, got \[0,2,3\]/],
  [
    'a label too few',
    IMAGES,
    changed(LABELS, 7, 1).subarray(0, 9),
    /have one label for each of 2 images, got 1/,
  ],
  ['a label of 10', IMAGES, changed(LABELS, 9, 10), /have labels from 0 to 9, got 10/],
  [
    'a truncated gzip file',
    gzipSync(IMAGES).subarray(0, 30),
    LABELS,
    /must be a whole gzip file, got "one that is cut off"/,
  ],
];

describe('IDX files', () => {
  const folder = new TemporaryFolder();
  const lay = (at: string, images: Uint8Array, labels: Uint8Array) => {
    const ending = images[0] === 0x1f ? '.gz' : '';
    folder.write(`${at}/train-images-idx3-ubyte${ending}`, images);
    folder.write(`${at}/train-labels-idx1-ubyte`, labels);
    return join(folder.path, at.split('/')[0] as string);
  };
  const open = (dir: string, more: object = {}, split: Split = 'train') =>
    openDataset(parseDatasetSpec({ name: 'mnist', dir, normalize: false, ...more }, 'data'), split);

  it('reads pixels and labels, packed or not, in the folder or one below', async () => {
    const dirs = [
      lay('plain', IMAGES, LABELS),
      lay('packed', gzipSync(IMAGES), LABELS),
      lay('up/any', IMAGES, LABELS),
    ];
    for (const dir of dirs) {
      const dataset = await open(dir);
      assert.deepEqual([dataset.size, dataset.featureShape, dataset.classes], [2, [2, 3, 1], 10], dir);
      const batch = dataset.read([1, 0, 1]);
      assert.deepEqual([...batch.labels], [9, 4, 9], `labels of ${dir}`);
      const pixels = [250, 251, 252, 253, 254, 255, 0, 1, 2, 3, 4, 5, 250, 251, 252, 253, 254, 255];
      assert.deepEqual(
        batch.features,
        Float32Array.from(pixels, (p) => p / 255),
        `pixels of ${dir}`,
      );
    }
  });

  it('normalises, takes the first examples only, and reads from disk the same', async () => {
    const dir = lay('options', IMAGES, LABELS);
    const dataset = await open(dir, { normalize: { mean: [0.5], sd: [0.25] }, train: 1, memoryMiB: 0 });
    assert.equal(dataset.size, 1, 'first example only');
    const expected = Float32Array.from([0, 1, 2, 3, 4, 5], (p) => (p / 255 - 0.5) / 0.25);
    assert.deepEqual(dataset.read([0]).features, expected, 'normalised, from disk');
  });

  it('says that a packed file does not fit', async () => {
    const dir = lay('big', gzipSync(IMAGES), LABELS);
    await assert.rejects(
      open(dir, { memoryMiB: 20 / 2 ** 20 }),
      /unpack to at most 20 bytes \(gunzip it first/,
    );
  });

  it("never takes one set's files for another's", async () => {
    const dir = lay('family/mnist', IMAGES, LABELS);
    await assert.rejects(
      open(dir, { name: 'fashion-mnist' }),
      /the folder of fashion-mnist must hold train-images-idx3-ubyte \(or train-images-idx3-ubyte.gz\)/,
      'nothing of its own',
    );
    lay('family/FashionMNIST', IMAGES, changed(LABELS, 9, 0));
    const dataset = await open(dir, { name: 'fashion-mnist' });
    assert.equal(dataset.label(1), 0, "the set's own folder");
  });

  for (const [what, images, labels, sentence] of FAULTS) {
    it(`refuses ${what}`, async () => {
      const dir = lay(`fault ${what}`, images, labels);
      await assert.rejects(
        open(dir),
        (error) => error instanceof OperatorError && sentence.test(error.message),
        `a sentence like ${sentence}`,
      );
    });
  }

  it('reads the real MNIST, in memory and from disk', async function () {
    const dir = realData(this, 'mnist/t10k-images-idx3-ubyte.gz');
    const packed = await open(dir, {}, 'test');
    assert.deepEqual([packed.size, packed.featureShape], [10_000, [28, 28, 1]], 'sizes');
    assert.deepEqual(
      Array.from({ length: 10 }, (_, i) => packed.label(i)),
      [7, 2, 1, 0, 4, 1, 4, 9, 5, 9],
      'the well-known first labels',
    );
    for (const name of ['t10k-images-idx3-ubyte', 't10k-labels-idx1-ubyte']) {
      folder.write(`real/${name}`, gunzipSync(readFileSync(join(dir, 'mnist', `${name}.gz`))));
    }
    const streamed = await open(join(folder.path, 'real'), { memoryMiB: 1 }, 'test');
    const indices = [0, 9999, 5000, 17, 17];
    assert.deepEqual(streamed.read(indices), packed.read(indices), 'the same batch from disk');
  });
});
