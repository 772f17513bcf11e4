/**
 * Reads an encoded vector where it lies, any block of columns at a time, so that no decoded copy of the whole is held.
 * Opening an encoding checks all of it; what is read afterwards is finite.
 */
import { readPacked, scaledRow, type PackedRow } from '../linalg/packed-row.ts';
import type { CompressionContext, Compressor, DecodeFault, VectorReader } from './compressor.ts';

export type { VectorReader } from './compressor.ts';

/** A compressor but for what follows from its readers. */
export type Codec = Omit<Compressor, 'decode'>;

export function compressorOf(codec: Codec): Compressor {
  return {
    ...codec,
    decode(bytes: Uint8Array, context: CompressionContext, out: Float32Array): DecodeFault | undefined {
      const reader = codec.open(bytes, context);
      if (typeof reader === 'string') return reader;
      reader.read(0, codec.d, out);
      reader.release?.();
      return undefined;
    },
  };
}

/** `out` as `read` of the reader takes it; the reader keeps no place, so it serves everyone. */
export function randomAccess(read: VectorReader['read']): VectorReader {
  const reader: VectorReader = { read, fork: () => reader };
  return reader;
}

export function packedReader(packed: PackedRow, release?: () => void): VectorReader {
  const reader: VectorReader = {
    packed,
    ...(release && { release }),
    read: (start, end, out) => readPacked(packed, start, end, out),
    fork: () => reader,
  };
  return reader;
}

const CHECKED_COLUMNS = 32_768;

/** The reader, unless one of its d values is not finite. */
export function ifFinite(reader: VectorReader, d: number): VectorReader | DecodeFault {
  const block = new Float32Array(Math.min(d, CHECKED_COLUMNS));
  for (let start = 0; start < d; start += block.length) {
    const end = Math.min(d, start + block.length);
    reader.read(start, end, block);
    for (let i = 0; i < end - start; i++) {
      const value = block[i] as number;
      if (value - value !== 0) return 'not-finite';
    }
  }
  return reader;
}

/** The vector times a factor, each value rounded once; what the reader that is given holds stays that one's. */
export function scaledReader(reader: VectorReader, factor: number): VectorReader {
  const { packed } = reader;
  return {
    ...(packed && { packed: scaledRow(packed, factor) }),
    read(start, end, out) {
      reader.read(start, end, out);
      for (let i = 0; i < end - start; i++) out[i] = (out[i] as number) * factor;
    },
    fork: () => scaledReader(reader.fork(), factor),
  };
}
