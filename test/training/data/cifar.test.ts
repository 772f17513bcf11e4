import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { openDataset, parseDatasetSpec, type Split } from '../../../src/training/data/dataset-spec.ts';
import { TemporaryFolder, realData } from './temporary-folder.ts';

/** A record whose pixel at (row, column) is red = row, green = column, blue = shade. */
function record(label: number, shade: number): Uint8Array {
  const bytes = new Uint8Array(3073).fill(shade);
  bytes[0] = label;
  for (let pixel = 0; pixel < 1024; pixel++) {
    bytes[1 + pixel] = Math.floor(pixel / 32);
    bytes[1025 + pixel] = pixel % 32;
  }
  return bytes;
}

describe('CIFAR-10 files', () => {
  const folder = new TemporaryFolder();
  const open = (dir: string, more: object = {}, split: Split = 'train') =>
    openDataset(parseDatasetSpec({ name: 'cifar10', dir, normalize: false, ...more }, 'data'), split);

  it('reads the batches that are there, packed or not, as interleaved channels', async () => {
    folder.write('two/data_batch_1.bin', Buffer.concat([record(3, 100), record(9, 101)]));
    folder.write('two/data_batch_2.bin.gz', gzipSync(record(0, 102)));
    for (const memoryMiB of [1, 3073 / 2 ** 20]) {
      const dataset = await open(join(folder.path, 'two'), { memoryMiB });
      assert.deepEqual([dataset.size, dataset.featureShape], [3, [32, 32, 3]], 'batches 1 and 2');
      const { features, labels } = dataset.read([2, 1]);
      assert.deepEqual([...labels], [0, 9], 'labels');
      const pixel = (example: number, row: number, column: number) =>
        [0, 1, 2].map((c) =>
          Math.round((features[example * 3072 + (row * 32 + column) * 3 + c] as number) * 255),
        );
      assert.deepEqual(pixel(0, 5, 31), [5, 31, 102], 'a pixel of the packed batch');
      assert.deepEqual(pixel(1, 31, 0), [31, 0, 101], 'a pixel of the second record');
    }
  });

  it('refuses a gap between batches, and the versions for other programs', async () => {
    for (const batch of [1, 2, 4]) folder.write(`gap/data_batch_${batch}.bin`, record(7, 103));
    await assert.rejects(open(join(folder.path, 'gap')), {
      name: 'OperatorError',
      message: /^data_batch_3\.bin must be there where .*data_batch_4\.bin is/,
    });
    folder.write('python/data_batch_1', Uint8Array.of(0x80, 2, 0x7d));
    await assert.rejects(
      open(join(folder.path, 'python')),
      /be of the binary version .* "the Python version"/,
    );
    folder.write('page/data_batch_1.bin', '<html>404</html>');
    await assert.rejects(open(join(folder.path, 'page')), /records, got "16 bytes: it is an HTML page"/);
  });

  it('normalises each channel by its own mean and deviation', async () => {
    folder.write('normal/test_batch.bin', record(1, 51));
    const normalize = { mean: [0, 0.5, 0.1], sd: [1, 0.5, 0.1] };
    const { features } = (await open(join(folder.path, 'normal'), { normalize }, 'test')).read([0]);
    assert.deepEqual(features.subarray(0, 3), Float32Array.of(0, -1, (51 / 255 - 0.1) / 0.1), 'first pixel');
  });

  it('refuses what is no whole number of records, and labels above 9', async () => {
    folder.write('short/data_batch_1.bin', record(1, 0).subarray(0, 3000));
    await assert.rejects(open(join(folder.path, 'short')), {
      name: 'OperatorError',
      message: /data_batch_1\.bin must be a whole number of 3073-byte records, got "3000 bytes"$/,
    });
    folder.write('label/data_batch_1.bin', Buffer.concat([record(1, 0), record(10, 0)]));
    await assert.rejects(open(join(folder.path, 'label')), {
      message: /data_batch_1\.bin must have labels from 0 to 9 \(record 1\), got 10$/,
    });
    await assert.rejects(open(join(folder.path, 'nowhere')), {
      message: /^the folder of cifar10 must hold data_batch_1\.bin \(or data_batch_1\.bin\.gz\)/,
    });
  });

  it('reads the real test batch the same from memory and from disk', async function () {
    const dir = realData(this, 'cifar10/test_batch.bin.gz');
    const packed = await open(dir, {}, 'test');
    const labels = Array.from({ length: 10 }, (_, i) => packed.label(i));
    assert.deepEqual(
      [packed.size, labels],
      [10_000, [3, 8, 8, 0, 6, 6, 1, 6, 3, 1]],
      'cat, ship, ship, airplane',
    );
    folder.write('real/test_batch.bin', gunzipSync(readFileSync(join(dir, 'cifar10/test_batch.bin.gz'))));
    const streamed = await open(join(folder.path, 'real'), { memoryMiB: 1 }, 'test');
    assert.deepEqual(streamed.read([9999, 4, 0]), packed.read([9999, 4, 0]), 'the same batch');
  });
});
