/** A PNG or JPEG file as plain bytes of a stated size: decoded, flattened onto white, scaled by area averaging. */
import { decode as decodePng, convertIndexedToRgb } from 'fast-png';
import { decode as decodeJpeg } from 'jpeg-js';
import { readRegular } from '../../files/regular-file.ts';
import { OperatorError, invalidField, reasonOf } from '../../foundation/operator-error.ts';
import {
  checkHeld,
  checkPixels,
  checkPngSize,
  imageFormat,
  LARGEST_IMAGE_BYTES,
  MOST_PIXELS,
} from './inspect-image.ts';

export interface ImageSize {
  readonly height: number;
  readonly width: number;
  /** 1 for grey, 3 for red, green, blue. */
  readonly channels: number;
}

const MEGAPIXEL = 1_000_000;
const JPEG_MEMORY_MIB = 1024;

/** Interleaved bytes [height, width, channels]. Throws OperatorError where the file is no image or too large. */
export function readImage(path: string, size: ImageSize): Uint8Array {
  const bytes = readRegular(path, LARGEST_IMAGE_BYTES);
  try {
    return resize(decode(path, bytes), size);
  } catch (error) {
    if (error instanceof OperatorError) throw error;
    throw invalidField(path, 'be a whole PNG or JPEG image', reasonOf(error));
  }
}

/** Samples of 8 bits, interleaved: grey, grey and alpha, RGB or RGBA. */
interface Raster {
  readonly width: number;
  readonly height: number;
  readonly channels: number;
  readonly data: Uint8Array;
}

function decode(path: string, bytes: Buffer): Raster {
  if (imageFormat(path, bytes) === 'png') {
    checkPngSize(path, bytes, bytes.length);
    return fromPng(bytes);
  }
  const size = jpegSize(bytes);
  if (size !== undefined) {
    checkPixels(path, size.width * size.height);
    checkHeld(path, size.width * size.height, bytes.length);
  }
  const limits = { maxResolutionInMP: MOST_PIXELS / MEGAPIXEL, maxMemoryUsageInMB: JPEG_MEMORY_MIB };
  const { width, height, data } = decodeJpeg(bytes, {
    useTArray: true,
    tolerantDecoding: false,
    ...limits,
  });
  return { width, height, channels: 4, data };
}

/** From the frame header (ITU T.81, B.2.2); undefined where the segments before it are malformed. */
function jpegSize(bytes: Buffer): { readonly width: number; readonly height: number } | undefined {
  for (let at = 2; at + 9 <= bytes.length && bytes[at] === 0xff;) {
    const marker = bytes[at + 1] as number;
    if (marker === 0xff) {
      at++; // a fill byte
      continue;
    }
    const isFrame = marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
    if (isFrame) return { height: bytes.readUInt16BE(at + 5), width: bytes.readUInt16BE(at + 7) };
    at += 2 + bytes.readUInt16BE(at + 2);
  }
  return undefined;
}

function fromPng(bytes: Uint8Array): Raster {
  const png = decodePng(bytes, { checkCrc: true });
  const { width, height, depth } = png;
  if (png.palette !== undefined) {
    const data = Uint8Array.from(convertIndexedToRgb(png));
    return { width, height, channels: data.length / (width * height), data };
  }
  return {
    width,
    height,
    channels: png.channels,
    data: toBytes(png.data, depth, width * png.channels, height),
  };
}

/** Samples of 1, 2, 4 or 16 bits to 8; rows of less than 8 bits a sample begin at a byte. */
function toBytes(data: ArrayLike<number>, depth: number, perRow: number, rows: number): Uint8Array {
  if (depth >= 8) return Uint8Array.from(data, (value) => (depth === 16 ? value >> 8 : value));
  const bytes = new Uint8Array(perRow * rows);
  const rowBytes = Math.ceil((perRow * depth) / 8);
  const most = 2 ** depth - 1;
  for (let i = 0; i < bytes.length; i++) {
    const [row, at] = [Math.floor(i / perRow), (i % perRow) * depth];
    const packed = data[row * rowBytes + (at >> 3)] as number;
    bytes[i] = Math.round((((packed >> (8 - depth - (at & 7))) & most) * 255) / most);
  }
  return bytes;
}

function resize(raster: Raster, { height, width, channels }: ImageSize): Uint8Array {
  const out = new Uint8Array(height * width * channels);
  const rows = overlaps(raster.height, height);
  const columns = overlaps(raster.width, width);
  const sums = [0, 0, 0];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      sums.fill(0);
      for (const [row, rowShare] of rows[y] as Overlap[]) {
        for (const [column, columnShare] of columns[x] as Overlap[]) {
          addPixel(sums, raster, row * raster.width + column, rowShare * columnShare);
        }
      }
      const [red = 0, green = 0, blue = 0] = sums;
      const at = (y * width + x) * channels;
      if (channels === 1) out[at] = Math.round(0.299 * red + 0.587 * green + 0.114 * blue);
      else out.set(sums.map(Math.round), at);
    }
  }
  return out;
}

/** Adds a pixel over white, as red, green and blue. */
function addPixel(sums: number[], { data, channels }: Raster, pixel: number, share: number): void {
  const at = pixel * channels;
  const isGrey = channels < 3;
  const alpha = channels % 2 === 0 ? (data[at + channels - 1] as number) / 255 : 1;
  for (let c = 0; c < 3; c++) {
    const value = data[at + (isGrey ? 0 : c)] as number;
    sums[c] = (sums[c] as number) + share * (alpha * value + (1 - alpha) * 255);
  }
}

type Overlap = readonly [source: number, share: number];

/** Which source samples lie under each target sample, and what share of it each covers. */
function overlaps(source: number, target: number): Overlap[][] {
  const step = source / target;
  return Array.from({ length: target }, (_, t) => {
    const [from, to] = [t * step, (t + 1) * step];
    const last = Math.min(source, Math.ceil(to - 1e-9));
    const list: Overlap[] = [];
    for (let s = Math.floor(from + 1e-9); s < last; s++) {
      list.push([s, (Math.min(to, s + 1) - Math.max(from, s)) / step]);
    }
    return list;
  });
}
