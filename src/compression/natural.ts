/**
 * Natural compression (Horvath et al., arXiv 1905.10988): each coordinate is rounded to one of the two nearest powers
 * of two at random, without bias. Sign and exponent travel, 9 bits; omega = 1/8. The bound holds for normal numbers;
 * magnitudes below 2^-126 become 0 or 2^-126, those from 2^127 become 2^127.
 */
import type { Compressor } from './compressor.ts';
import { BitReader, BitWriter } from './bit-stream.ts';
import { ditherOf } from './wire-values.ts';

const BITS = 9;
const FRACTION = 2 ** 23;
const LARGEST_EXPONENT = 254;

export function createNatural(d: number): Compressor {
  const maxBytes = Math.ceil((BITS * d) / 8);
  return {
    name: 'natural',
    d,
    unbiased: true,
    omega: 1 / 8,
    alpha: 7 / 8,
    normBound: 2,
    maxBytes,
    fixedLength: true,
    encode: (vector, context) => {
      const words = new Uint32Array(vector.slice().buffer);
      const random = ditherOf(context, 'natural');
      const writer = new BitWriter(maxBytes);
      for (let i = 0; i < d; i++) {
        const word = words[i] as number;
        const exponent = (word >>> 23) & 0xff;
        // x = 2^e (1 + m) goes up to 2^(e+1) with probability m; below the normal range x = m 2^-126, likewise
        const up = random.nextUint32() >>> 9 < word % FRACTION ? 1 : 0;
        writer.write(((word >>> 31) << 8) | Math.min(exponent + up, LARGEST_EXPONENT), BITS);
      }
      return writer.finish();
    },
    decode: (bytes, _context, out) => {
      if (bytes.length !== maxBytes) return 'wrong-length';
      const reader = new BitReader(bytes);
      const words = new Uint32Array(1);
      const floats = new Float32Array(words.buffer);
      for (let i = 0; i < d; i++) {
        const code = reader.read(BITS);
        if ((code & 0xff) > LARGEST_EXPONENT) return 'not-finite';
        words[0] = ((code >>> 8) << 31) | ((code & 0xff) << 23);
        out[i] = floats[0] as number;
      }
      return reader.paddedWithZeros ? undefined : 'malformed';
    },
  };
}
