/**
 * The IDX format of MNIST (LeCun, Cortes, Burges; http://yann.lecun.com/exdb/mnist): a big-endian magic number
 * 00 00 type rank, the sizes, then the values. Read here: unsigned bytes, images of rank 3 and labels of rank 1.
 */
import { z } from 'zod';
import { invalidField } from '../../foundation/operator-error.ts';
import { kindHint, openBytes, type ByteSource } from './byte-source.ts';
import {
  FILE_SET,
  normalization,
  checkLimit,
  requireFile,
  type FileSetSpec,
  type Normalization,
  memoryBytesOf,
} from './file-set.ts';
import { PixelDataset } from './pixel-dataset.ts';

export interface IdxSpec extends FileSetSpec {
  readonly name: 'mnist' | 'fashion-mnist' | 'kmnist' | 'idx';
  readonly normalize: Normalization | false;
}

const NORMALIZATIONS: Readonly<Record<IdxSpec['name'], Normalization | false>> = {
  mnist: { mean: [0.1307], sd: [0.3081] },
  'fashion-mnist': { mean: [0.286], sd: [0.353] },
  kmnist: { mean: [0.1904], sd: [0.3475] },
  idx: false,
};
const LARGEST_SIDE_PIXELS = 4096;
const BYTE_TYPE = 0x08;

function idxSet<const Name extends IdxSpec['name']>(name: Name) {
  const normalize = normalization(1).default(NORMALIZATIONS[name]);
  return z.strictObject({ name: z.literal(name), ...FILE_SET, normalize });
}

export const IDX_SPECS = [idxSet('mnist'), idxSet('fashion-mnist'), idxSet('kmnist'), idxSet('idx')] as const;

export async function openIdx(spec: IdxSpec, dir: string, split: 'train' | 'test'): Promise<PixelDataset> {
  const prefix = split === 'train' ? 'train' : 't10k';
  const find = (what: string, rank: number) =>
    requireFile(dir, spec.name, [`${prefix}-${what}-idx${rank}-ubyte`, `${prefix}-${what}.idx${rank}-ubyte`]);
  const memoryBytes = memoryBytesOf(spec);
  const images = readHeader(await openBytes(find('images', 3), memoryBytes), 3);
  const labels = readHeader(await openBytes(find('labels', 1), Infinity), 1);
  const [count = 0, height = 0, width = 0] = images.sizes;
  if (labels.sizes[0] !== count) {
    throw invalidField(labels.source.path, `have one label for each of ${count} images`, labels.sizes[0]);
  }
  const limit = split === 'train' ? spec.train : spec.test;
  checkLimit(limit, count, split);
  const classNumbers = labels.source.read(labels.headerBytes, count);
  return new PixelDataset(
    {
      name: spec.name,
      height,
      width,
      channels: 1,
      layout: 'interleaved',
      classes: spec.name === 'idx' ? largest(classNumbers) + 1 : 10,
      normalization: spec.normalize,
      labels: checkLabels(spec, labels.source.path, classNumbers),
      parts: [
        {
          source: images.source,
          start: images.headerBytes,
          recordBytes: height * width,
          pixelOffset: 0,
          count,
        },
      ],
    },
    limit,
  );
}

interface IdxFile {
  readonly source: ByteSource;
  readonly sizes: readonly number[];
  readonly headerBytes: number;
}

/** Checks magic number, sizes and length before anything is allocated by them. */
function readHeader(source: ByteSource, rank: number): IdxFile {
  const headerBytes = 4 + 4 * rank;
  if (source.length < headerBytes) {
    const found = `${source.length} bytes${kindHint(source)}`;
    throw invalidField(source.path, `have an IDX header of ${headerBytes} bytes`, found);
  }
  const header = source.read(0, headerBytes).slice();
  const view = new DataView(header.buffer);
  const magic = view.getUint32(0);
  const expected = (BYTE_TYPE << 8) | rank;
  if (magic !== expected) {
    throw invalidField(
      source.path,
      `begin with the IDX magic number ${hex(expected)}`,
      `${hex(magic)}${kindHint(source)}`,
    );
  }
  const sizes = Array.from({ length: rank }, (_, i) => view.getUint32(4 + 4 * i));
  if (sizes.includes(0)) throw invalidField(source.path, 'have no size of 0', sizes);
  if (sizes.slice(1).some((side) => side > LARGEST_SIDE_PIXELS)) {
    throw invalidField(source.path, `have sides up to ${LARGEST_SIDE_PIXELS} pixels`, sizes.slice(1));
  }
  const length = headerBytes + sizes.reduce((product, size) => product * size, 1);
  if (source.length !== length) {
    throw invalidField(
      source.path,
      `be ${length} bytes long, as its sizes ${sizes.join(' x ')} say`,
      source.length,
    );
  }
  return { source, sizes, headerBytes };
}

function checkLabels(spec: IdxSpec, path: string, labels: Uint8Array): Uint8Array {
  const most = largest(labels);
  if (spec.name !== 'idx' && most > 9) throw invalidField(path, 'have labels from 0 to 9', most);
  return labels;
}

function largest(labels: Uint8Array): number {
  return labels.reduce((most, label) => Math.max(most, label), 0);
}

function hex(value: number): string {
  return `0x${value.toString(16).padStart(8, '0')}`;
}
