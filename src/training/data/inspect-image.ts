/**
 * A first look at an image file, without decoding it: that it is one, of a size that its bytes can hold, and whole. Done of
 * every file of a set when the set is opened, so a damaged one is named then and not in the round that draws it.
 */
import { closeSync, readSync } from 'node:fs';
import { KIND_BYTES, kindOf } from '../../files/file-kind.ts';
import { openRegular } from '../../files/regular-file.ts';
import { invalidField } from '../../foundation/operator-error.ts';

export const LARGEST_IMAGE_BYTES = 2 ** 26;
export const MOST_PIXELS = 2 ** 26;

/** Deflate shrinks nothing by more than this, and an empty block of a JPEG takes some bits. */
const MOST_BYTES_PER_BYTE = 1032;
const PNG_HEADER_BYTES = 33;
const PNG_END = Buffer.from('IEND\xaeB`\x82', 'latin1');
const JPEG_END = Buffer.of(0xff, 0xd9);
/** Cameras append previews, and programs padding, after the end. */
const LOOKED_AT_END_BYTES = 2 ** 16;

/** Throws OperatorError where the file at `path` is no whole PNG or JPEG. */
export function inspectImage(path: string): void {
  const { descriptor, size } = openRegular(path);
  try {
    if (size > LARGEST_IMAGE_BYTES) {
      throw invalidField(path, `be at most ${LARGEST_IMAGE_BYTES} bytes`, size);
    }
    const read = (offset: number, length: number): Buffer => {
      const bytes = Buffer.alloc(Math.max(0, Math.min(length, size - offset)));
      return bytes.subarray(0, readSync(descriptor, bytes, 0, bytes.length, offset));
    };
    const head = read(0, KIND_BYTES);
    const format = imageFormat(path, head);
    if (format === 'png') checkPngSize(path, head, size);
    const end = format === 'png' ? PNG_END : JPEG_END;
    const tail = read(Math.max(0, size - LOOKED_AT_END_BYTES), LOOKED_AT_END_BYTES);
    if (!tail.includes(end)) throw invalidField(path, 'be a whole image', 'one that is cut off');
  } finally {
    closeSync(descriptor);
  }
}

/** By the first bytes. Throws OperatorError where they are those of something else. */
export function imageFormat(path: string, head: Uint8Array): 'png' | 'jpeg' {
  if (startsWith(head, PNG_SIGNATURE)) return 'png';
  if (startsWith(head, JPEG_SIGNATURE)) return 'jpeg';
  const found = kindOf(head) ?? Buffer.from(head.subarray(0, 4)).toString('hex');
  throw invalidField(path, 'be a PNG or JPEG image', found);
}

const PNG_SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
const JPEG_SIGNATURE = [0xff, 0xd8, 0xff];

function startsWith(bytes: Uint8Array, signature: readonly number[]): boolean {
  return signature.every((byte, i) => bytes[i] === byte);
}

/** Throws OperatorError where a PNG's header claims more pixels than are decoded, or than its bytes can hold. */
export function checkPngSize(path: string, head: Buffer, fileBytes: number): void {
  if (head.length < PNG_HEADER_BYTES) throw invalidField(path, 'be a whole image', 'one that is cut off');
  const [width, height] = [head.readUInt32BE(16), head.readUInt32BE(20)];
  const [depth, kind] = [head[24] as number, head[25] as number];
  checkPixels(path, width * height);
  const channels = [1, 0, 3, 1, 2, 0, 4][kind] ?? 0;
  checkHeld(path, (width * height * depth * channels) / 8, fileBytes);
}

export function checkPixels(path: string, pixels: number): void {
  if (pixels > MOST_PIXELS || pixels === 0) {
    throw invalidField(path, `have from 1 to ${MOST_PIXELS} pixels`, pixels);
  }
}

/** Throws OperatorError where a file of so many bytes cannot hold the samples that its header claims. */
export function checkHeld(path: string, sampleBytes: number, fileBytes: number): void {
  if (sampleBytes > MOST_BYTES_PER_BYTE * fileBytes) {
    throw invalidField(
      path,
      `hold the pixels that its header claims`,
      `${fileBytes} bytes for ${sampleBytes}`,
    );
  }
}
