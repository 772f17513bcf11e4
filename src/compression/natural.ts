/**
 * Natural compression (Horvath et al., arXiv 1905.10988): each coordinate is rounded to one of the two nearest powers
 * of two at random, without bias. Sign and exponent travel, 9 bits; omega = 1/8. The bound holds for normal numbers;
 * magnitudes below 2^-126 become 0 or 2^-126, those from 2^127 become 2^127.
 */
import type { Compressor } from './compressor.ts';
import { BitWriter } from './bit-stream.ts';
import { compressorOf, randomAccess } from './vector-reader.ts';
import { ditherOf } from './wire-values.ts';
import { defineCompressor } from './define-compressor.ts';

const BITS = 9;
const FRACTION = 2 ** 23;
const LARGEST_EXPONENT = 254;

export const natural = defineCompressor('natural', {
  bytes: '9 d / 8',
  unbiased: 'yes',
  bound: 'omega 1/8',
  create: (d) => createNatural(d),
});

function createNatural(d: number): Compressor {
  const maxBytes = Math.ceil((BITS * d) / 8);
  return compressorOf({
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
    open: (bytes) => {
      if (bytes.length !== maxBytes) return 'wrong-length';
      for (let i = 0; i < d; i++) {
        if ((codeAt(bytes, i) & 0xff) > LARGEST_EXPONENT) return 'not-finite';
      }
      const used = (BITS * d) % 8;
      if (used !== 0 && ((bytes[maxBytes - 1] as number) & (0xff >>> used)) !== 0) return 'malformed';
      return randomAccess((start, end, out) => {
        const words = new Uint32Array(out.buffer, out.byteOffset, end - start);
        for (let i = start; i < end; i++) {
          const code = codeAt(bytes, i);
          words[i - start] = ((code >>> 8) << 31) | ((code & 0xff) << 23);
        }
      });
    },
  });
}

/** Nine bits from bit 9 i on, most significant first: they reach over two bytes. */
function codeAt(bytes: Uint8Array, i: number): number {
  const at = i + Math.floor(i / 8);
  const pair = ((bytes[at] as number) << 8) | (bytes[at + 1] as number);
  return (pair >>> (7 - (i % 8))) & 0x1ff;
}
