/** The well-known data sets of a folder, cut to a size at which many mutations a second are read. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';

/** Files of data sets, cut; a kind that the folder lacks is empty. */
export interface CutSets {
  readonly csv: readonly Buffer[];
  readonly libsvm: readonly Buffer[];
  readonly text: readonly Buffer[];
  readonly images: readonly Buffer[];
  readonly labels: readonly Buffer[];
  readonly cifar: readonly Buffer[];
}

const ROWS = 24;
const TEXT_BYTES = 1500;
const PICTURES = 8;
const PICTURE_BYTES = 28 * 28;
const RECORD_BYTES = 3073;

export function cutSets(folder: string | undefined): CutSets {
  const read = (...names: readonly string[]): Buffer[] =>
    folder === undefined
      ? []
      : names
          .map((name) => join(folder, name))
          .filter(existsSync)
          .map((path) => (path.endsWith('.gz') ? gunzipSync(readFileSync(path)) : readFileSync(path)));
  return {
    csv: read('digits/digits.csv.gz').map(firstRows),
    libsvm: read('libsvm/a9a', 'libsvm/a9a.t', 'libsvm/mushrooms').map(firstRows),
    text: read('tinyshakespeare/input.txt').map((file) => file.subarray(0, TEXT_BYTES)),
    images: read('mnist/t10k-images-idx3-ubyte.gz').map((file) =>
      counted(file.subarray(0, 16 + PICTURES * PICTURE_BYTES)),
    ),
    labels: read('mnist/t10k-labels-idx1-ubyte.gz').map((file) => counted(file.subarray(0, 8 + PICTURES))),
    cifar: read('cifar10/data_batch_1.bin.gz').map((file) => file.subarray(0, 2 * RECORD_BYTES)),
  };
}

function firstRows(file: Buffer): Buffer {
  let end = 0;
  for (let row = 0; row < ROWS; row++) end = file.indexOf('\n', end) + 1;
  return file.subarray(0, end);
}

/** An IDX file says in its second word how many examples follow. */
function counted(file: Buffer): Buffer {
  const copy = Buffer.from(file);
  copy.writeUInt32BE(PICTURES, 4);
  return copy;
}
