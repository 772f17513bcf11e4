/**
 * Encoding kernels on all threads: each segment's random roundings begin at its own place in the one stream, which a jump
 * finds, so the bytes are those of one thread that walks the vector.
 */
import { jumpAhead, type GeneratorState } from '../foundation/jump-ahead.ts';
import type { SpareVectors } from '../foundation/spare-vectors.ts';
import { SEGMENT_COLUMNS } from './gram-blocks.ts';
import { segmentCount, STATE_BYTES, type KernelTask } from './kernel-task.ts';
import type { EncodingKernels, GapCode } from './linear-algebra.ts';
import { isFiniteRow } from './finite-row.ts';
import { float32Row, type PackedRow } from './packed-row.ts';
import { runPacked, type KernelHost } from './packed-run.ts';
import type { ColumnArray } from './kernel-thread.ts';
import type { Scratch } from './scratch.ts';

/** Draws of a dither in [0, 1). */
const DRAWS_PER_LEVEL = 2;
/** As in assembly/quarters.ts. */
const QUARTERS = 4;
/** As in assembly/largest.ts. */
const BUCKETS = 2048;
const BUCKET_SHIFT = 20;
/** As in assembly/gaps.ts. */
const ENDS_EARLY = -1;
const BYTES_BEYOND = 16;
/** Fewer gaps are read sooner than they are copied. */
const LEAST_GAPS = 256;
/** Of the kernels' memory, which has to hold them as a whole. */
const MOST_GAP_BYTES = 2 ** 30;

export class WasmEncoding implements EncodingKernels {
  readonly spare: SpareVectors;
  private readonly host: KernelHost;

  constructor(host: KernelHost, spare: SpareVectors) {
    this.host = host;
    this.spare = spare;
  }

  int8(
    vector: Float32Array,
    block: number,
    random: GeneratorState | undefined,
    scales: Float32Array,
    levels: Int8Array,
  ): boolean {
    const segments = segmentCount(vector.length);
    if (segments < 2 || SEGMENT_COLUMNS % block !== 0) return false;
    const blocks = SEGMENT_COLUMNS / block;
    this.host.withScratch((scratch) => {
      const out = scratch.allocate(4 * blocks * segments);
      const common = { kind: block, out, outBytes: 4 * blocks };
      this.run(scratch, vector, undefined, { kernel: 'int8Scales', ...common });
      const found = this.host.float32At(out, scales.length);
      scales.set(found);
      const draws = drawsOf(found, vector.length, block);
      const trim = random === undefined ? 0 : this.writeStates(scratch, random, draws);
      this.run(scratch, vector, levels, { kernel: 'int8Levels', ...common, trim });
    });
    return true;
  }

  bfloat16(vector: Float32Array, random: GeneratorState | undefined, halves: Uint16Array): boolean {
    const segments = segmentCount(vector.length);
    if (segments < 2) return false;
    this.host.withScratch((scratch) => {
      const draws = new Array<number>(QUARTERS * segments).fill(SEGMENT_COLUMNS / QUARTERS);
      const trim = random === undefined ? 0 : this.writeStates(scratch, random, draws);
      this.run(scratch, vector, halves, { kernel: 'bfloat16Halves', trim });
    });
    return true;
  }

  largest(vector: Float32Array, count: number): Uint32Array | undefined {
    const segments = segmentCount(vector.length);
    if (segments < 2) return undefined;
    return this.host.withScratch((scratch) => {
      const out = scratch.allocate(4 * BUCKETS * segments);
      this.run(scratch, vector, undefined, { kernel: 'countMagnitudes', out, outBytes: 4 * BUCKETS });
      const { bucket, taken } = leastBucket(this.host.uint32At(out, BUCKETS * segments), count);
      const total = taken.reduce((sum, each) => sum + each, 0);
      const places = scratch.allocate(4 * total);
      const starts = scratch.allocate(4 * segments);
      let at = places;
      const startAt = this.host.uint32At(starts, segments);
      taken.forEach((each, segment) => {
        startAt[segment] = at;
        at += 4 * each;
      });
      const kind = bucket * 2 ** BUCKET_SHIFT;
      this.run(scratch, vector, undefined, { kernel: 'takeMagnitudes', kind, out: starts, outBytes: 4 });
      return this.host.uint32At(places, total).slice();
    });
  }

  readGaps(
    bytes: Uint8Array,
    { d, shift }: GapCode,
    out: Uint32Array,
  ): number | 'wrong-length' | 'malformed' | undefined {
    if (out.length < LEAST_GAPS || bytes.length + 4 * out.length > MOST_GAP_BYTES) return undefined;
    return this.host.withScratch((scratch) => {
      const from = scratch.allocate(bytes.length + BYTES_BEYOND);
      const copied = this.host.bytesAt(from, bytes.length + BYTES_BEYOND);
      copied.set(bytes);
      copied.fill(0, bytes.length);
      const places = scratch.allocate(4 * out.length);
      const bits = this.host.team.kernels.readGaps(from, bytes.length, out.length, shift, d, places);
      if (bits < 0) return bits === ENDS_EARLY ? 'wrong-length' : 'malformed';
      const rest = bits & 7;
      if (rest !== 0 && (bytes[Math.floor(bits / 8)]! & (0xff >>> rest)) !== 0) return 'malformed';
      out.set(this.host.uint32At(places, out.length));
      return Math.ceil(bits / 8);
    });
  }

  writeGaps(places: Uint32Array, { shift, maxBytes }: GapCode): Uint8Array | undefined {
    if (places.length < LEAST_GAPS || maxBytes + 4 * places.length > MOST_GAP_BYTES) return undefined;
    return this.host.withScratch((scratch) => {
      const from = scratch.allocate(4 * places.length);
      this.host.uint32At(from, places.length).set(places);
      const to = scratch.allocate(maxBytes + BYTES_BEYOND);
      this.host.bytesAt(to, maxBytes + BYTES_BEYOND).fill(0);
      const bits = this.host.team.kernels.writeGaps(from, places.length, shift, to);
      return this.host.bytesAt(to, Math.ceil(bits / 8)).slice();
    });
  }

  isFinite(row: PackedRow): boolean | undefined {
    return isFiniteRow(this.host, row);
  }

  /** The address of the generators at the beginnings of quarters of segments that draw so often each. */
  private writeStates(scratch: Scratch, random: GeneratorState, draws: readonly number[]): number {
    const address = scratch.allocate((draws.length / QUARTERS) * STATE_BYTES);
    const words = this.host.uint32At(address, draws.length * random.length);
    let state = random;
    draws.forEach((count, at) => {
      const quarter = at % QUARTERS;
      const first = (at - quarter) * random.length + quarter;
      state.forEach((word, w) => (words[first + QUARTERS * w] = word));
      state = jumpAhead(state, count);
    });
    return address;
  }

  private run(
    scratch: Scratch,
    vector: Float32Array,
    out: ColumnArray | undefined,
    { kernel, ...operands }: Pick<KernelTask, 'kernel'> & Partial<KernelTask>,
  ): void {
    const outs = out === undefined ? [] : [out];
    runPacked(this.host, scratch, { rows: [float32Row(vector)], outs }, { kernel, kernelBytes: 0, operands });
  }
}

/** The bucket that the count-th largest magnitude is in, and how many values of each segment are there or above. */
function leastBucket(
  counts: Uint32Array,
  count: number,
): { readonly bucket: number; readonly taken: readonly number[] } {
  const all = new Float64Array(BUCKETS);
  for (let i = 0; i < counts.length; i++)
    all[i % BUCKETS] = (all[i % BUCKETS] as number) + (counts[i] as number);
  let bucket = BUCKETS - 1;
  for (let left = count; bucket > 0 && left > (all[bucket] as number); bucket--)
    left -= all[bucket] as number;
  const taken = Array.from({ length: counts.length / BUCKETS }, (_, segment) => {
    let sum = 0;
    for (let i = bucket; i < BUCKETS; i++) sum += counts[segment * BUCKETS + i] as number;
    return sum;
  });
  return { bucket, taken };
}

/** Draws of each quarter of a segment, by the blocks that begin in it: those whose factor is zero take none. */
function drawsOf(scales: Float32Array, d: number, block: number): number[] {
  const draws = new Array<number>(QUARTERS * segmentCount(d)).fill(0);
  scales.forEach((scale, b) => {
    if (scale === 0) return;
    const width = Math.min(block, d - b * block);
    const quarter = Math.floor((b * block) / (SEGMENT_COLUMNS / QUARTERS));
    draws[quarter] = (draws[quarter] as number) + DRAWS_PER_LEVEL * width;
  });
  return draws;
}
