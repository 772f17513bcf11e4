/** Damage as it comes to files, and worse: bits, cut and doubled pieces, extreme numbers, pieces of other files. */
import type { SeededRandom } from '../../src/foundation/seeded-random.ts';

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
const BYTES = [0, 1, 0x7f, 0x80, 0xff];

export function mutate(original: Uint8Array, other: Uint8Array, random: SeededRandom): Uint8Array {
  let bytes = Buffer.from(original);
  for (let times = 1 + random.nextBelow(4); times > 0; times--) bytes = damage(bytes, other, random);
  return bytes;
}

function damage(bytes: Buffer, other: Uint8Array, random: SeededRandom): Buffer<ArrayBuffer> {
  const copy = Buffer.from(bytes);
  if (copy.length === 0) return Buffer.from(other);
  const at = random.nextBelow(copy.length);
  const length = 1 + random.nextBelow(Math.min(16, copy.length));
  const splice = (piece: Uint8Array, removed: number) =>
    Buffer.concat([copy.subarray(0, at), piece, copy.subarray(at + removed)]);
  switch (random.nextBelow(7)) {
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
    default:
      return splice(other.subarray(0, 1 + random.nextBelow(64)), random.nextBelow(length + 1));
  }
}
