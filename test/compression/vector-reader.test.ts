/** Readers of every compressor: any block, in any order, is that part of what `decode` writes. */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { CompressionContext } from '../../src/compression/compressor.ts';
import { parseCompressor } from '../../src/compression/compressor-spec.ts';
import { createCompressor } from '../../src/compression/create-compressor.ts';
import { SeededRandom } from '../../src/foundation/seeded-random.ts';
import { ALL_COMPRESSORS } from './all-compressors.ts';

const D = 1003;
const SHAPES = [
  { name: 'kernel', shape: [40, 23] },
  { name: 'bias', shape: [83] },
];
const CONTEXT: CompressionContext = { round: 3, seed: new Uint8Array(32).fill(5), worker: 'w' };

describe('readers', () => {
  for (const spec of ALL_COMPRESSORS) {
    const compressor = createCompressor(parseCompressor(spec, 'compressor'), D, SHAPES);

    it(JSON.stringify(spec), () => {
      const random = new SeededRandom('readers', compressor.name);
      const bytes = compressor.encode(
        Float32Array.from({ length: D }, () => random.nextNormal()),
        CONTEXT,
      );
      const whole = new Float32Array(D);
      assert.equal(compressor.decode(bytes, CONTEXT, whole), undefined);
      const shifted = new Uint8Array(bytes.length + 3);
      shifted.set(bytes, 3);
      // not aligned to the width of its numbers, as bodies inside messages are
      const reader = compressor.open(shifted.subarray(3), CONTEXT);
      assert.ok(typeof reader !== 'string', 'what was encoded opens');
      const block = fc.tuple(fc.nat(D), fc.nat(D)).map((pair) => pair.sort((a, b) => a - b));
      fc.assert(
        fc.property(block, fc.boolean(), ([start = 0, end = 0], isForked) => {
          const out = new Float32Array(end - start);
          (isForked ? reader.fork() : reader).read(start, end, out);
          assert.deepEqual(out, whole.subarray(start, end));
        }),
        { numRuns: 60 },
      );
    });
  }
});
