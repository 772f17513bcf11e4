/**
 * RandK: K coordinates drawn without replacement from the round's seed, so that only their values travel. `own`: each
 * worker has its own mask; `shared`: all have the same one. Scaled by d/K it is unbiased with omega = d/K - 1 and
 * ||C(x)|| <= (d/K) ||x||; unscaled it is a contraction with alpha = K/d. It keeps K coordinates and zeroes d - K.
 * The values may pass through a second compressor; for unbiased ones 1 + omega multiplies.
 */
import { z } from 'zod';
import { SeededRandom } from '../foundation/seeded-random.ts';
import { toHex } from '../foundation/bytes.ts';
import { sharedFloats } from '../foundation/shared-memory.ts';
import type { SpareVectors } from '../foundation/spare-vectors.ts';
import { sparseRow } from '../linalg/packed-row.ts';
import type { CompressionContext, Compressor } from './compressor.ts';
import { compressorOf, packedReader } from './vector-reader.ts';
import { firstNonFinite } from './wire-values.ts';
import { countOf, defineCompressor, keep } from './define-compressor.ts';
import { createDense, values } from './dense-compressors.ts';

export const randK = defineCompressor('rand-k', {
  about: '`keep`, `mask` (own), `scaled` (true), `values` (float32)',
  bytes: 'values of K',
  unbiased: 'scaled',
  bound: 'omega (1 + omega_values) d/K - 1; unscaled alpha K/d',
  settings: {
    keep,
    mask: z.enum(['own', 'shared']).default('own'),
    /** false leaves the factor d/K out: a contraction instead of an unbiased estimate. */
    scaled: z.boolean().default(true),
    values,
  },
  create(d, spec, { kernels }) {
    const count = countOf(spec.keep, d);
    return createRandK(d, { ...spec, count }, createDense(spec.values, count, { kernels }), kernels?.spare);
  },
});

function createRandK(
  d: number,
  settings: { readonly count: number; readonly mask: 'own' | 'shared'; readonly scaled: boolean },
  values: Compressor,
  spare?: SpareVectors,
): Compressor {
  const { count, mask, scaled } = settings;
  const scale = scaled ? d / count : 1;
  let known: { readonly key: string; readonly indices: Uint32Array } | undefined;

  function indicesOf(context: CompressionContext): Uint32Array {
    const owner = mask === 'own' ? context.worker : '';
    const key = `${context.round} ${owner} ${toHex(context.seed)}`;
    if (known?.key !== key) {
      known = { key, indices: drawMask(context.seed, context.round, owner, d, count) };
    }
    return known.indices;
  }

  const { omega, alpha } = boundsOf(d, count, scaled, values);
  return compressorOf({
    name: `rand-k(${count}, ${mask})${values.name === 'float32' ? '' : ` + ${values.name}`}`,
    d,
    unbiased: (scaled || count === d) && values.unbiased,
    omega,
    alpha,
    normBound: values.normBound === undefined ? undefined : scale * values.normBound,
    maxBytes: values.maxBytes,
    fixedLength: values.fixedLength,
    encode: (vector, context) => {
      const indices = indicesOf(context);
      const kept = spare?.take(count) ?? sharedFloats(count);
      for (let i = 0; i < count; i++) kept[i] = vector[indices[i] as number] as number;
      const bytes = values.encode(kept, context);
      spare?.give(kept);
      return bytes;
    },
    open: (bytes, context) => {
      const kept = spare?.take(count) ?? sharedFloats(count);
      const release = (): void => spare?.give(kept);
      let fault = values.decode(bytes, context, kept);
      if (fault === undefined) {
        for (let i = 0; i < count; i++) kept[i] = scale * (kept[i] as number);
        fault = firstNonFinite(kept);
      }
      if (fault === undefined) return packedReader(sparseRow(d, indicesOf(context), kept), release);
      release();
      return fault;
    },
  });
}

/** E||C(x) - x||^2 for the mask, then for the values' own compressor on top of it. */
function boundsOf(
  d: number,
  count: number,
  scaled: boolean,
  values: Compressor,
): { omega: number | undefined; alpha: number | undefined } {
  if (values.unbiased && values.omega !== undefined) {
    if (scaled) {
      const omega = (1 + values.omega) * (d / count) - 1;
      return { omega, alpha: omega < 1 ? 1 - omega : undefined };
    }
    // the kept part errs by omega of itself, the rest is lost
    const alpha = (count / d) * (1 - values.omega);
    return { omega: 1 - alpha, alpha: alpha > 0 ? alpha : undefined };
  }
  if (!scaled && values.alpha !== undefined) {
    const alpha = (count / d) * values.alpha;
    return { omega: 1 - alpha, alpha };
  }
  return { omega: undefined, alpha: undefined };
}

const DENSE_MASK_SHARE = 1 / 8;

/** K ascending indices: by sampling swaps where K is small, by selection sampling (Knuth, Algorithm S) elsewhere. */
function drawMask(seed: Uint8Array, round: number, owner: string, d: number, count: number): Uint32Array {
  const random = new SeededRandom(seed, 'rand-k', round, owner);
  if (count < d * DENSE_MASK_SHARE) return Uint32Array.from(random.sample(d, count)).sort();
  const indices = new Uint32Array(count);
  for (let i = 0, taken = 0; taken < count; i++) {
    if (random.nextBelow(d - i) < count - taken) indices[taken++] = i;
  }
  return indices;
}
