/**
 * Damage as it comes to files, and worse: bits, cut and doubled pieces, extreme numbers, pieces of other files. Half of
 * the damaged files are mended outside (sums, lengths, packing), so that readers look at what lies within.
 */
import type { SeededRandom } from '../../src/foundation/seeded-random.ts';
import { mended, opened } from './mend.ts';

const TEXTS = [
  '-1',
  '0',
  '1e999',
  'NaN',
  '4294967296',
  '9007199254740993',
  '""',
  '[]',
  '{}',
  'null',
  '\n',
  ',',
  '"',
];
const NUMBERS = [
  '-1',
  '0',
  '1',
  '65537',
  '2147483648',
  '4294967296',
  '1e18',
  '1e308',
  '-0.5',
  '0x10',
  'null',
];
const BYTES = [0, 1, 0x7f, 0x80, 0xff];
const DIGITS = /\d+/g;
const LONGEST_NUMBER_WINDOW = 4096;

export function mutate(original: Uint8Array, other: Uint8Array, random: SeededRandom): Uint8Array {
  const inside = opened(original);
  let bytes = Buffer.from(inside.bytes);
  for (let times = 1 + random.nextBelow(4); times > 0; times--) bytes = damage(bytes, other, random);
  return random.nextBelow(2) === 0 ? mended(bytes, inside.form) : bytes;
}

function damage(bytes: Buffer, other: Uint8Array, random: SeededRandom): Buffer<ArrayBuffer> {
  const copy = Buffer.from(bytes);
  if (copy.length === 0) return Buffer.from(other);
  const at = random.nextBelow(copy.length);
  const length = 1 + random.nextBelow(Math.min(16, copy.length));
  const splice = (piece: Uint8Array, removed: number) =>
    Buffer.concat([copy.subarray(0, at), piece, copy.subarray(at + removed)]);
  switch (random.nextBelow(8)) {
    case 0:
      copy[at] = (copy[at] as number) ^ (1 << random.nextBelow(8));
      return copy;
    case 1:
      copy.fill(BYTES[random.nextBelow(BYTES.length)] as number, at, Math.min(copy.length, at + length));
      return copy;
    case 2:
      return copy.subarray(0, at);
    case 3:
      return splice(Buffer.alloc(0), length);
    case 4:
      return splice(copy.subarray(at, at + length * 4), 0);
    case 5:
      return splice(
        Buffer.from(TEXTS[random.nextBelow(TEXTS.length)] as string),
        random.nextBelow(length + 1),
      );
    case 6:
      return otherNumber(copy, random);
    default:
      return splice(other.subarray(0, 1 + random.nextBelow(64)), random.nextBelow(length + 1));
  }
}

/** Another number in the place of one that is written out, as in headers, JSON and tables. */
function otherNumber(bytes: Buffer, random: SeededRandom): Buffer<ArrayBuffer> {
  const text = bytes.toString('latin1', 0, LONGEST_NUMBER_WINDOW);
  const found = [...text.matchAll(DIGITS)];
  const chosen = found.length === 0 ? undefined : found[random.nextBelow(found.length)];
  if (chosen === undefined) return Buffer.from(bytes);
  const number = Buffer.from(NUMBERS[random.nextBelow(NUMBERS.length)] as string);
  const end = chosen.index + chosen[0].length;
  return Buffer.concat([bytes.subarray(0, chosen.index), number, bytes.subarray(end)]);
}
