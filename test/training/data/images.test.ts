import assert from 'node:assert/strict';
import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { encode as encodePng } from 'fast-png';
import { encode as encodeJpeg } from 'jpeg-js';
import { readImage } from '../../../src/training/data/decode-image.ts';
import { openDataset, parseDatasetSpec, type Split } from '../../../src/training/data/dataset-spec.ts';
import { original } from '../../support/originals.ts';
import { TemporaryFolder } from './temporary-folder.ts';

const grey = (width: number, height: number, values: readonly number[]) =>
  encodePng({ width, height, data: Uint8Array.from(values), channels: 1, depth: 8 });

/** Two pixels of an 8-bit palette (10, 20, 30) and (200, 210, 220), written by Python's zlib. */
const PALETTE_PNG =
  'iVBORw0KGgoAAAANSUhEUgAAAAIAAAABCAMAAADD/I+4AAAABlBMVEUKFB7I0tyCjXXdAAAAC0lEQVR4nGNgYAQAAAQAAr96P0oAAAAASUVORK5CYII=';
/** Three by two pixels of one bit each: 101 over 010. */
const ONE_BIT_PNG =
  'iVBORw0KGgoAAAANSUhEUgAAAAMAAAACAQAAAAC1D1u3AAAADElEQVR4nGNYwOAAAAIkAOFz6zvyAAAAAElFTkSuQmCC';

describe('images', () => {
  const folder = new TemporaryFolder();
  const read = (bytes: Uint8Array, width: number, height: number, channels: number) => [
    ...readImage(folder.write('image.bin', bytes), { width, height, channels }),
  ];

  it('decodes PNG of every kind of sample', () => {
    assert.deepEqual(read(grey(2, 1, [10, 200]), 2, 1, 1), [10, 200], 'grey');
    assert.deepEqual(read(grey(2, 1, [10, 200]), 2, 1, 3), [10, 10, 10, 200, 200, 200], 'grey as RGB');
    const rgb = encodePng({ width: 1, height: 1, data: Uint8Array.of(10, 20, 30), channels: 3, depth: 8 });
    assert.deepEqual(read(rgb, 1, 1, 3), [10, 20, 30], 'RGB');
    assert.deepEqual(read(rgb, 1, 1, 1), [18], '0.299 * 10 + 0.587 * 20 + 0.114 * 30 = 18.15');
    const rgba = encodePng({
      width: 1,
      height: 1,
      data: Uint8Array.of(10, 20, 30, 51),
      channels: 4,
      depth: 8,
    });
    assert.deepEqual(read(rgba, 1, 1, 3), [206, 208, 210], 'a fifth of the colour over white');
    const deep = encodePng({ width: 1, height: 1, data: Uint16Array.of(0x1234), channels: 1, depth: 16 });
    assert.deepEqual(read(deep, 1, 1, 1), [0x12], '16 bits');
  });

  it('decodes PNG with a palette and with samples of one bit', () => {
    assert.deepEqual(
      read(Buffer.from(PALETTE_PNG, 'base64'), 2, 1, 3),
      [10, 20, 30, 200, 210, 220],
      'palette',
    );
    assert.deepEqual(read(Buffer.from(ONE_BIT_PNG, 'base64'), 3, 2, 1), [255, 0, 255, 0, 255, 0], 'one bit');
  });

  it('decodes JPEG', () => {
    const data = Uint8Array.from({ length: 8 * 8 * 4 }, (_, i) => [200, 100, 50, 255][i % 4] as number);
    const { data: jpeg } = encodeJpeg({ width: 8, height: 8, data }, 95);
    const pixel = read(jpeg, 1, 1, 3);
    [200, 100, 50].forEach((value, c) =>
      assert.ok(
        Math.abs(value - (pixel[c] as number)) <= 3,
        `channel ${c} is near ${value}, got ${pixel[c]}`,
      ),
    );
  });

  it('decodes what Pillow writes as Pillow does', () => {
    const means = JSON.parse(original('means.json').toString()) as Readonly<Record<string, number[]>>;
    for (const [name, expected] of Object.entries(means)) {
      const found = read(original(name), 3, 3, 3);
      // the transforms of JPEG decoders may differ by rounding
      const most = name.endsWith('.jpg') ? 2 : 0.6;
      expected.forEach((mean, i) =>
        assert.ok(Math.abs(mean - (found[i] as number)) < most, `${name} at ${i}: ${mean}, got ${found[i]}`),
      );
    }
    assert.deepEqual(read(original('grey-16.png'), 3, 3, 1).slice(0, 3), [35, 115, 195], '16 bits');
  });

  it('tells formats that are not read by their names', () => {
    for (const [name, kind] of [
      ['animation.gif', 'a GIF image'],
      ['picture.webp', 'a WebP image'],
      ['picture.bmp', 'a BMP image'],
      ['picture.tiff', 'a TIFF image'],
    ] as const) {
      assert.throws(
        () => read(original(name), 1, 1, 1),
        { name: 'OperatorError', message: new RegExp(`must be a PNG or JPEG image, got "${kind}"$`) },
        name,
      );
    }
  });

  it('scales by averaging over the area', () => {
    assert.deepEqual(read(grey(4, 2, [0, 10, 20, 30, 40, 50, 60, 70]), 2, 1, 1), [25, 45], 'halved');
    assert.deepEqual(read(grey(3, 1, [0, 30, 90]), 2, 1, 1), [10, 70], 'one and a half to one');
    assert.deepEqual(read(grey(1, 1, [7]), 3, 2, 1), [7, 7, 7, 7, 7, 7], 'enlarged');
  });

  it('refuses what is no image, what is cut and what is too large', () => {
    const whole = grey(
      8,
      8,
      Array.from({ length: 64 }, (_, i) => i),
    );
    const huge = Uint8Array.from(whole);
    huge.set([0x7f, 0xff, 0xff, 0xff], 16);
    for (const [bytes, sentence] of [
      [Buffer.from('GIF89a'), /image\.bin must be a PNG or JPEG image, got "a GIF image"$/],
      [whole.subarray(0, 50), /must be a whole PNG or JPEG image/],
      [huge, /must have from 1 to 67108864 pixels, got 17179869176$/],
      [Buffer.from([0xff, 0xd8, 0xff]), /must be a whole PNG or JPEG image/],
    ] as const) {
      assert.throws(
        () => read(bytes, 1, 1, 1),
        { name: 'OperatorError', message: sentence },
        String(sentence),
      );
    }
  });
});

describe('image folders', () => {
  const folder = new TemporaryFolder();
  const open = (dir: string, split: Split, more: object = {}) =>
    openDataset(
      parseDatasetSpec(
        { name: 'images', dir: join(folder.path, dir), width: 1, height: 1, channels: 1, ...more },
        'data',
      ),
      split,
    );

  it('takes train/ and test/ with a folder for each class', async () => {
    folder.write('split/train/cat/b.png', grey(1, 1, [51]));
    folder.write('split/train/cat/a.PNG', grey(1, 1, [0]));
    folder.write('split/train/dog/a.png', grey(1, 1, [102]));
    folder.write('split/train/dog/notes.txt', 'no image');
    folder.write('split/test/dog/x.png', grey(1, 1, [153]));
    folder.write('split/test/dog/y.png', grey(1, 1, [204]));
    for (const memoryMiB of [1, 0]) {
      const train = (await open('split', 'train', { memoryMiB })).read([0, 1, 2, 1]);
      assert.deepEqual([...train.features], [...Float32Array.of(0, 0.2, 0.4, 0.2)], 'in the order of names');
      assert.deepEqual([...train.labels], [0, 0, 1, 0], 'cat 0, dog 1');
      const test = await open('split', 'test', { memoryMiB });
      assert.deepEqual(
        [test.classes, ...test.read([0, 1]).labels],
        [2, 1, 1],
        'classes of the training folders',
      );
    }
  });

  it('keeps the channels of a colour image together', async () => {
    const pixels = Uint8Array.of(0, 51, 102, 153, 204, 255);
    const rgb = encodePng({ width: 2, height: 1, data: pixels, channels: 3, depth: 8 });
    for (const name of ['a/1', 'a/2', 'b/1']) folder.write(`colour/${name}.png`, rgb);
    const dataset = await open('colour', 'train', { width: 2, channels: 3 });
    assert.deepEqual(dataset.featureShape, [1, 2, 3], 'shape');
    assert.deepEqual(
      dataset.read([0]).features,
      Float32Array.from(pixels, (p) => p / 255),
      'interleaved',
    );
  });

  it('cuts off a test share where there is no train/', async () => {
    for (let i = 0; i < 10; i++) folder.write(`flat/${i % 2 === 0 ? 'a' : 'b'}/${i}.png`, grey(1, 1, [i]));
    const [train, test] = [await open('flat', 'train'), await open('flat', 'test')];
    assert.deepEqual([train.size, test.size], [8, 2], 'a fifth');
    const values = [train, test].flatMap((part) =>
      [...part.read(Array.from({ length: part.size }, (_, i) => i)).features].map((x) => Math.round(x * 255)),
    );
    assert.deepEqual(values.sort(), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9], 'every image once');
  });

  it('looks at each image when it is opened, and names the damaged one', async function () {
    const whole = grey(8, 8, Array<number>(64).fill(7));
    const claim = Uint8Array.from(whole);
    claim.set([0, 0, 0x1f, 0xff, 0, 0, 0x1f, 0xff], 16);
    for (const [k, [bytes, sentence]] of (
      [
        [
          whole.subarray(0, whole.length - 9),
          /b\/bad\.png must be a whole image, got "one that is cut off"$/,
        ],
        [whole.subarray(0, 20), /must be a whole image, got "one that is cut off"$/],
        [Buffer.from('<!DOCTYPE html><html>'), /must be a PNG or JPEG image, got "an HTML page"$/],
        [Buffer.from('version https://git-lfs.github.com/spec/v1'), /got "a Git LFS pointer/],
        [new Uint8Array(0), /must be a PNG or JPEG image, got "empty"$/],
        [Buffer.from('RIFF1234WEBPVP8 '), /got "a WebP image"$/],
        [Uint8Array.of(0xff, 0xd8, 0xff, 0xe0, 0, 16), /must be a whole image/],
        [claim, /must hold the pixels that its header claims/],
      ] as const
    ).entries()) {
      const dir = `damaged${k}`;
      for (const name of ['a/1', 'a/2', 'b/1', 'b/2']) folder.write(`${dir}/${name}.png`, whole);
      folder.write(`${dir}/a/._1.png`, 'left by another system');
      await open(dir, 'train');
      folder.write(`${dir}/b/bad.png`, bytes);
      const opened = Promise.all([open(dir, 'train'), open(dir, 'test')]);
      await assert.rejects(opened, { name: 'OperatorError', message: sentence }, String(sentence));
    }
    if (process.platform === 'win32') this.skip(); // links need a right there
    for (const name of ['a/1', 'b/1', 'b/2']) folder.write(`linked/${name}.png`, whole);
    folder.write('secret.png', whole);
    symlinkSync(join(folder.path, 'secret.png'), join(folder.path, 'linked', 'a', 'link.png'));
    symlinkSync(join(folder.path, 'linked', 'b'), join(folder.path, 'linked', 'c'));
    const [train, test] = [await open('linked', 'train'), await open('linked', 'test')];
    assert.deepEqual([train.size + test.size, train.classes], [6, 3], 'links of the operator are followed');
    symlinkSync('/dev/zero', join(folder.path, 'linked', 'a', 'device.png'));
    const device = Promise.all([open('linked', 'train'), open('linked', 'test')]);
    await assert.rejects(device, /device\.png must be a file, got "a device"$/, 'but to files only');
  });

  it('says what is missing', async () => {
    folder.write('one/a/x.png', grey(1, 1, [0]));
    await assert.rejects(open('one', 'train'), {
      message: /one must hold from 2 to 256 folders, one a class, got 1$/,
    });
    await assert.rejects(open('none', 'train'), {
      message: /^data\.dir must be a folder that holds a folder for each/,
    });
    folder.write('empty/a/x.txt', '');
    folder.write('empty/b/x.png', grey(1, 1, [0]));
    await assert.rejects(open('empty', 'train'), {
      message: /must hold two PNG or JPEG images or more .* got 1$/,
    });
    assert.throws(() => parseDatasetSpec({ name: 'images', width: 3 }, 'data'), {
      message: /^data\.height must be an integer from 1 to 4096, got nothing$/,
    });
  });
});
