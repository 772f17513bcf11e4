/**
 * The binary form of CIFAR-10 (Krizhevsky; https://www.cs.toronto.edu/~kriz/cifar.html): records of one label byte and
 * 32 x 32 pixels as a red, a green and a blue plane. The training set is as many of its five batches as are there,
 * from the first on.
 */
import { z } from 'zod';
import { invalidField } from '../../foundation/operator-error.ts';
import { kindHint, openBytes, type ByteSource } from './byte-source.ts';
import {
  FILE_SET,
  checkLimit,
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
      const found = `${source.length} bytes${kindHint(source)}`;
      throw invalidField(path, `be a whole number of ${RECORD_BYTES}-byte records`, found);
    }
    const count = source.length / RECORD_BYTES;
    parts.push({ source, start: 0, recordBytes: RECORD_BYTES, pixelOffset: 1, count });
    labels.push(readLabels(source, count));
  }
  const limit = split === 'train' ? spec.train : spec.test;
  const size = labels.reduce((sum, part) => sum + part.length, 0);
  checkLimit(limit, size, split);
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
    limit,
  );
}

function trainFiles(dir: string): string[] {
  refusePickles(dir);
  const files = [requireFile(dir, 'cifar10', ['data_batch_1.bin'])];
  let missing: number | undefined;
  for (let batch = 2; batch <= BATCHES; batch++) {
    const path = findFile(dir, 'cifar10', [`data_batch_${batch}.bin`]);
    if (path === undefined) missing ??= batch;
    else if (missing !== undefined) {
      const rule = `be there where ${path} is, for the training set is as many batches as there are from the first on`;
      throw invalidField(`data_batch_${missing}.bin`, rule, undefined);
    } else files.push(path);
  }
  return files;
}

/** The set comes in three forms, of which the one for Python has the same names without an ending. */
function refusePickles(dir: string): void {
  if (findFile(dir, 'cifar10', ['data_batch_1.bin']) !== undefined) return;
  const pickle = findFile(dir, 'cifar10', ['data_batch_1', 'data_batch_1.mat']);
  if (pickle === undefined) return;
  const rule = 'be of the binary version of CIFAR-10 (cifar-10-binary.tar.gz, whose files end in .bin)';
  throw invalidField(pickle, rule, pickle.endsWith('.mat') ? 'the Matlab version' : 'the Python version');
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
