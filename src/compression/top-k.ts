/**
 * TopK: the K coordinates of largest magnitude (ties to the lower index) travel as a Golomb-Rice coded index set and
 * their values, which may pass through a second compressor. A contraction with alpha = K/d (Stich et al., NeurIPS
 * 2018), times the values' own. Biased: it needs error feedback.
 */
import { sharedBytes } from '../foundation/shared-memory.ts';
import type { EncodingKernels } from '../linalg/linear-algebra.ts';
import { sparseRow } from '../linalg/packed-row.ts';
import type { Compressor, DecodeFault } from './compressor.ts';
import { BitReader, BitWriter } from './bit-stream.ts';
import { indexCode, readIndices, writeIndices, type IndexCode } from './index-set.ts';
import { takeEntries } from './entry-memory.ts';
import { compressorOf, packedReader } from './vector-reader.ts';
import { countOf, defineCompressor, keep } from './define-compressor.ts';
import { createDense, values } from './dense-compressors.ts';

export const topK = defineCompressor('top-k', {
  about: '`keep`, `values` (float32)',
  bytes: 'index set + values of K',
  unbiased: 'no',
  bound: 'alpha K/d · alpha_values',
  settings: { keep, values },
  create(d, spec, { kernels }) {
    const count = countOf(spec.keep, d);
    return createTopK(d, count, createDense(spec.values, count, { kernels }), kernels);
  },
});

function createTopK(d: number, count: number, values: Compressor, kernels?: EncodingKernels): Compressor {
  const code = indexCode(d, count);
  const alpha = values.alpha === undefined ? undefined : (count / d) * values.alpha;
  return compressorOf({
    name: `top-k(${count})${values.name === 'float32' ? '' : ` + ${values.name}`}`,
    d,
    unbiased: count === d && values.unbiased,
    omega: alpha === undefined ? undefined : 1 - alpha,
    alpha,
    normBound: values.normBound,
    maxBytes: code.maxBytes + values.maxBytes,
    fixedLength: false,
    encode: (vector, context) => {
      const indices = largestIndices(vector, count, kernels);
      const head = kernels?.writeGaps(indices, code) ?? plainGaps(code, indices);
      const { values: kept, release } = takeEntries(count, kernels?.spare);
      for (let i = 0; i < count; i++) kept[i] = vector[indices[i] as number] as number;
      const body = values.encode(kept, context);
      release();
      const bytes = sharedBytes(head.length + body.length);
      bytes.set(head);
      bytes.set(body, head.length);
      return bytes;
    },
    open: (bytes, context) => {
      const { indices, values: kept, release } = takeEntries(count, kernels?.spare);
      const headLength = kernels?.readGaps(bytes, code, indices) ?? readPlainGaps(code, bytes, indices);
      const fault =
        typeof headLength === 'number'
          ? values.decode(bytes.subarray(headLength), context, kept)
          : headLength;
      if (fault === undefined) return packedReader(sparseRow(d, indices, kept), release);
      release();
      return fault;
    },
  });
}

function plainGaps(code: IndexCode, indices: Uint32Array): Uint8Array {
  const writer = new BitWriter(code.maxBytes);
  writeIndices(code, indices, writer);
  return writer.finish();
}

/** The bytes that the gaps took, or what is wrong with them. */
function readPlainGaps(code: IndexCode, bytes: Uint8Array, indices: Uint32Array): number | DecodeFault {
  const reader = new BitReader(bytes);
  if (!readIndices(code, reader, indices)) return reader.overrun ? 'wrong-length' : 'malformed';
  return reader.paddedWithZeros ? reader.byteLength : 'malformed';
}

const BUCKETS = 1 << 16;
/** Below this length a sort is faster than clearing the histograms. */
const SHORT_VECTOR = 4096;

/** Ascending indices of the `count` largest magnitudes, ties to the lower index. */
export function largestIndices(vector: Float32Array, count: number, kernels?: EncodingKernels): Uint32Array {
  const places = kernels?.largest(vector, count);
  if (places === undefined) return largestOf(vector, count);
  if (places.length === count) return places;
  const candidates = new Float32Array(places.length);
  for (let i = 0; i < candidates.length; i++) candidates[i] = vector[places[i] as number] as number;
  return largestOf(candidates, count).map((i) => places[i] as number);
}

/**
 * The bits of |x| order like |x|: two histograms, of the upper and of the lower half of the word, find the threshold in
 * three passes.
 */
function largestOf(vector: Float32Array, count: number): Uint32Array {
  const words = new Uint32Array(vector.slice().buffer);
  for (let i = 0; i < words.length; i++) words[i] = (words[i] as number) & 0x7fffffff;
  if (words.length < SHORT_VECTOR) {
    // magnitude and place in one number of at most 31 + 12 bits, larger for lower places
    const keys = Float64Array.from(words, (word, i) => word * SHORT_VECTOR + (SHORT_VECTOR - 1 - i)).sort();
    const largest = keys.subarray(keys.length - count);
    return Uint32Array.from(largest, (key) => SHORT_VECTOR - 1 - (key % SHORT_VECTOR)).sort();
  }
  const upper = bucketOfRank(words, count, (word) => word >>> 16);
  const lower = bucketOfRank(words, upper.left, (word) =>
    word >>> 16 === upper.bucket ? word & 0xffff : undefined,
  );
  const threshold = upper.bucket * BUCKETS + lower.bucket;
  let ties = lower.left; // how many of those equal to the threshold belong
  const indices = new Uint32Array(count);
  let taken = 0;
  for (let i = 0; i < words.length && taken < count; i++) {
    const word = words[i] as number;
    if (word > threshold) indices[taken++] = i;
    else if (word === threshold && ties > 0) {
      ties -= 1;
      indices[taken++] = i;
    }
  }
  return indices;
}

/** The bucket that holds the rank-th largest (rank from 1), and the rank left within it. */
function bucketOfRank(
  words: Uint32Array,
  rank: number,
  bucketOf: (word: number) => number | undefined,
): { readonly bucket: number; readonly left: number } {
  const counts = new Uint32Array(BUCKETS);
  for (const word of words) {
    const bucket = bucketOf(word);
    if (bucket !== undefined) counts[bucket] = (counts[bucket] as number) + 1;
  }
  let bucket = BUCKETS - 1;
  let left = rank;
  while (bucket > 0 && left > (counts[bucket] as number)) left -= counts[bucket--] as number;
  return { bucket, left };
}
