/**
 * The binary form of CIFAR-10 (Krizhevsky; https://www.cs.toronto.edu/~kriz/cifar.html): records of one label byte and
 * 32 x 32 pixels as a red, a green and a blue plane. The training set is as many of its five batches as are there,
 * from the first on.
 */
import { z } from 'zod';
import { invalidField } from '../../foundation/operator-error.ts';
import { openBytes, type ByteSource } from './byte-source.ts';
import {
  FILE_SET,
  findFile,
  normalization,
  requireFile,
  type FileSetSpec,
  type Normalization,
  memoryBytesOf,
} from './file-set.ts';
import { PixelDataset, type PixelRecords } from './pixel-dataset.ts';

export interface CifarSpec extends FileSetSpec {
  readonly name: 'cifar10';
  readonly normalize: Normalization | false;
}

const SIDE_PIXELS = 32;
const RECORD_BYTES = 1 + 3 * SIDE_PIXELS * SIDE_PIXELS;
const CLASSES = 10;
const BATCHES = 5;
const STANDARD: Normalization = { mean: [0.4914, 0.4822, 0.4465], sd: [0.247, 0.2435, 0.2616] };

export const CIFAR_SPEC = z.strictObject({
  name: z.literal('cifar10'),
  ...FILE_SET,
  normalize: normalization(3).default(STANDARD),
});

export async function openCifar(
  spec: CifarSpec,
  dir: string,
  split: 'train' | 'test',
): Promise<PixelDataset> {
  let memoryBytes = memoryBytesOf(spec);
  const parts: PixelRecords[] = [];
  const labels: Uint8Array[] = [];
  for (const path of split === 'train'
    ? trainFiles(dir)
    : [requireFile(dir, spec.name, ['test_batch.bin'])]) {
    const source = await openBytes(path, memoryBytes);
    if (!source.streamed) memoryBytes -= source.length;
    if (source.length === 0 || source.length % RECORD_BYTES !== 0) {
      throw invalidField(path, `be a whole number of ${RECORD_BYTES}-byte records`, `${source.length} bytes`);
    }
    const count = source.length / RECORD_BYTES;
    parts.push({ source, start: 0, recordBytes: RECORD_BYTES, pixelOffset: 1, count });
    labels.push(readLabels(source, count));
  }
  return new PixelDataset(
    {
      name: spec.name,
      height: SIDE_PIXELS,
      width: SIDE_PIXELS,
      channels: 3,
      layout: 'planes',
      classes: CLASSES,
      normalization: spec.normalize,
      labels: Buffer.concat(labels),
      parts,
    },
    split === 'train' ? spec.train : spec.test,
  );
}

function trainFiles(dir: string): string[] {
  const files = [requireFile(dir, 'cifar10', ['data_batch_1.bin'])];
  for (let batch = 2; batch <= BATCHES; batch++) {
    const path = findFile(dir, 'cifar10', [`data_batch_${batch}.bin`]);
    if (path === undefined) break;
    files.push(path);
  }
  return files;
}

function readLabels(source: ByteSource, count: number): Uint8Array {
  const labels = new Uint8Array(count);
  for (let i = 0; i < count; i++) {
    const label = source.read(i * RECORD_BYTES, 1)[0] as number;
    if (label >= CLASSES) {
      throw invalidField(source.path, `have labels from 0 to ${CLASSES - 1} (record ${i})`, label);
    }
    labels[i] = label;
  }
  return labels;
}
