/** Labelled images of unsigned bytes in fixed-size records, in memory or on disk: the common body of IDX and CIFAR. */
import type { Batch, Dataset } from '../dataset.ts';
import type { ByteSource } from './byte-source.ts';
import { byteTables, type Normalization } from './file-set.ts';

/** Records [start, start + count * recordBytes) of one file; pixels begin `pixelOffset` bytes into a record. */
export interface PixelRecords {
  readonly source: ByteSource;
  readonly start: number;
  readonly recordBytes: number;
  readonly pixelOffset: number;
  readonly count: number;
}

export interface PixelDatasetOptions {
  readonly name: string;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  /** Order of a record's bytes: interleaved channels, or one plane a channel. */
  readonly layout: 'interleaved' | 'planes';
  readonly classes: number;
  readonly normalization: Normalization | false;
  readonly labels: Uint8Array;
  readonly parts: readonly PixelRecords[];
}

export class PixelDataset implements Dataset {
  readonly name: string;
  readonly size: number;
  readonly featureShape: readonly number[];
  readonly featureType = 'float32';
  readonly labelShape: readonly number[] = [];
  readonly classes: number;
  private readonly options: PixelDatasetOptions;
  private readonly tables: readonly Float32Array[];

  constructor(options: PixelDatasetOptions, limit: number | undefined) {
    this.options = options;
    this.name = options.name;
    this.size = Math.min(options.labels.length, limit ?? Infinity);
    this.featureShape = [options.height, options.width, options.channels];
    this.classes = options.classes;
    this.tables = byteTables(options.channels, options.normalization);
  }

  label(index: number): number {
    return this.options.labels[index] as number;
  }

  read(indices: ArrayLike<number>): Batch {
    const { height, width, channels } = this.options;
    const length = height * width * channels;
    const size = indices.length;
    const features = new Float32Array(size * length);
    const labels = new Int32Array(size);
    for (let i = 0; i < size; i++) {
      const index = indices[i] as number;
      labels[i] = this.label(index);
      this.convert(this.pixelsOf(index, length), features, i * length);
    }
    return { features, labels, size };
  }

  private pixelsOf(index: number, length: number): Uint8Array {
    let first = 0;
    for (const { source, start, recordBytes, pixelOffset, count } of this.options.parts) {
      if (index < first + count) {
        return source.read(start + (index - first) * recordBytes + pixelOffset, length);
      }
      first += count;
    }
    throw new RangeError(`example ${index} of ${this.size}`);
  }

  private convert(pixels: Uint8Array, target: Float32Array, at: number): void {
    const { channels, layout } = this.options;
    const area = pixels.length / channels;
    for (let c = 0; c < channels; c++) {
      const table = this.tables[c] as Float32Array;
      const from = layout === 'planes' ? c * area : c;
      const stride = layout === 'planes' ? 1 : channels;
      for (let p = 0; p < area; p++) {
        target[at + p * channels + c] = table[pixels[from + p * stride] as number] as number;
      }
    }
  }
}
