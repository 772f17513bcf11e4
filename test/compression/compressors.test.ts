/** Every compressor against what it declares: Monte Carlo bias, omega, alpha and norm bounds, sizes, bad bytes. */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { CompressionContext, Compressor } from '../../src/compression/compressor.ts';
import { parseCompressor } from '../../src/compression/compressor-spec.ts';
import { createCompressor } from '../../src/compression/create-compressor.ts';
import { SeededRandom } from '../../src/foundation/seeded-random.ts';

const D = 96;
const SHAPES = [
  { name: 'kernel', shape: [10, 8] },
  { name: 'bias', shape: [16] },
];
const SPECS = [
  'float32',
  'bfloat16',
  { kind: 'bfloat16', rounding: 'nearest' },
  { kind: 'int8', block: 32 },
  { kind: 'int8', block: 40, rounding: 'nearest' },
  'natural',
  { kind: 'qsgd', levels: 4, block: 48, coding: 'fixed' },
  { kind: 'qsgd', levels: 1, block: 96 },
  'scaled-sign',
  { kind: 'scaled-sign', block: 20 },
  { kind: 'rand-k', keep: 12 },
  { kind: 'rand-k', keep: 0.75, mask: 'shared' },
  { kind: 'rand-k', keep: 24, scaled: false },
  { kind: 'rand-k', keep: 12, values: { kind: 'qsgd', levels: 5 } },
  { kind: 'top-k', keep: 0.1 },
  { kind: 'top-k', keep: 9, values: { kind: 'int8', block: 4 } },
  { kind: 'top-k', keep: 96 },
  { kind: 'dct-top-k', chunk: 20, keep: 3 },
  { kind: 'dct-top-k', chunk: 16, keep: 4, values: 'bfloat16' },
  { kind: 'power-sgd', rank: 2, warmStart: false },
] as const;

const compressors = SPECS.map((spec) => ({
  label: JSON.stringify(spec),
  compressor: createCompressor(parseCompressor(spec, 'compressor'), D, SHAPES),
}));

/** Vectors that stress the bounds: smooth, spiky, flat, sparse, of mixed scale. */
const VECTORS: readonly (readonly [string, Float32Array])[] = (() => {
  const random = new SeededRandom('vectors');
  const make = (f: (i: number) => number) => Float32Array.from({ length: D }, (_, i) => f(i));
  return [
    ['normal', make(() => random.nextNormal())],
    ['spike', make((i) => (i === 7 ? 100 : 0))],
    ['flat', make(() => 1)],
    ['mixed', make((i) => random.nextNormal() * 10 ** ((i % 7) - 3))],
    ['heavy', make(() => random.nextNormal() ** 3)],
  ];
})();

function contextOf(draw: number): CompressionContext {
  return { round: draw, seed: new Uint8Array(32).fill(9), worker: 'w' };
}

function roundTrip(compressor: Compressor, vector: Float32Array, context: CompressionContext): Float32Array {
  const bytes = compressor.encode(vector, context);
  assert.ok(bytes.length <= compressor.maxBytes, `${bytes.length} <= ${compressor.maxBytes} bytes`);
  if (compressor.fixedLength) assert.equal(bytes.length, compressor.maxBytes, 'a fixed length is exact');
  const out = new Float32Array(D).fill(NaN);
  assert.equal(compressor.decode(bytes, context, out), undefined, 'what was encoded decodes');
  return out;
}

const squared = (v: Float32Array) => v.reduce((sum, x) => sum + x * x, 0);

describe('compressors', () => {
  for (const { label, compressor } of compressors) {
    describe(label, () => {
      it('keeps to its declared error and norm bounds, and to its mean where it is unbiased', () => {
        const draws = compressor.unbiased || /rand|power/.test(label) ? 1500 : 20;
        for (const [name, vector] of VECTORS) {
          const sum = new Float64Array(D);
          const sumSquares = new Float64Array(D);
          let error = 0;
          let errorSquares = 0;
          const norm2 = squared(vector);
          for (let draw = 0; draw < draws; draw++) {
            const out = roundTrip(compressor, vector, contextOf(draw));
            let own = 0;
            out.forEach((value, i) => {
              sum[i]! += value;
              sumSquares[i]! += value * value;
              own += (value - vector[i]!) ** 2;
            });
            error += own / norm2 / draws;
            errorSquares += (own / norm2) ** 2 / draws;
            if (compressor.normBound !== undefined) {
              const ratio = Math.sqrt(squared(out) / norm2);
              assert.ok(ratio <= compressor.normBound * 1.000001, `${name}: norm grew by ${ratio}`);
            }
          }
          const slack = 1e-6 + 5 * Math.sqrt(Math.max(0, errorSquares - error * error) / draws);
          if (compressor.omega !== undefined) {
            assert.ok(
              error <= compressor.omega + slack,
              `${name}: error ${error} <= omega ${compressor.omega}`,
            );
          }
          if (compressor.alpha !== undefined) {
            assert.ok(
              error <= 1 - compressor.alpha + slack,
              `${name}: error ${error}, alpha ${compressor.alpha}`,
            );
          }
          if (!compressor.unbiased) continue;
          for (let i = 0; i < D; i++) {
            const mean = sum[i]! / draws;
            const deviation = Math.sqrt(Math.max(0, sumSquares[i]! / draws - mean * mean) / draws);
            // coordinates of probability below 1/draws may never be seen: their deviation is bounded from omega
            const floor =
              Math.abs(vector[i]!) * 1e-6 + 6 * Math.sqrt(((compressor.omega ?? 0) * norm2) / draws / D);
            const off = Math.abs(mean - vector[i]!);
            assert.ok(off <= 6 * deviation + floor, `${name}[${i}]: mean ${mean} of ${vector[i]}`);
          }
        }
      });

      it('gives the same bytes and values for the same context, and zero for zero', () => {
        const [, vector] = VECTORS[0]!;
        assert.deepEqual(
          compressor.encode(vector, contextOf(3)),
          compressor.encode(vector, contextOf(3)),
          'encoding is a function',
        );
        const zero = roundTrip(compressor, new Float32Array(D), contextOf(1));
        assert.ok(
          zero.every((value) => value === 0),
          'zero stays zero',
        );
      });

      it('survives extreme finite numbers', () => {
        const extremes = [3.4028234663852886e38, -3.4028234663852886e38, 1e-45, -1e-45, 1e-38];
        for (const value of extremes.slice(2)) {
          roundTrip(compressor, new Float32Array(D).fill(value), contextOf(0));
        }
        const large = Float32Array.from({ length: D }, (_, i) => (i === 0 ? extremes[0]! : extremes[i % 5]!));
        const bytes = compressor.encode(large, contextOf(0));
        const fault = compressor.decode(bytes, contextOf(0), new Float32Array(D));
        assert.ok(fault === undefined || fault === 'not-finite', `an overflow is named, not ${fault}`);
      });

      it('answers any bytes with a fault or with finite numbers', () => {
        const genuine = compressor.encode(VECTORS[0]![1], contextOf(0));
        const bytes = fc.oneof(
          fc.uint8Array({ maxLength: compressor.maxBytes + 9 }),
          fc.uint8Array({ minLength: compressor.maxBytes, maxLength: compressor.maxBytes }),
          fc
            .tuple(fc.nat(genuine.length - 1), fc.nat(255))
            .map(([at, byte]) => genuine.map((old, i) => (i === at ? byte : old))),
          fc.nat(genuine.length).map((length) => genuine.subarray(0, length)),
        );
        fc.assert(
          fc.property(bytes, (input) => {
            const out = new Float32Array(D).fill(NaN);
            const fault = compressor.decode(input, contextOf(0), out);
            if (fault === undefined) {
              assert.ok(out.every(Number.isFinite), 'all d values are written and finite');
            } else {
              assert.ok(['wrong-length', 'not-finite', 'malformed'].includes(fault), `fault ${fault}`);
            }
          }),
          { numRuns: 300 },
        );
        const long = new Uint8Array(compressor.maxBytes + 1);
        assert.equal(
          typeof compressor.decode(long, contextOf(0), new Float32Array(D)),
          'string',
          'too long is a fault',
        );
      });
    });
  }

  it('draw their own or a shared mask', () => {
    const vector = new Float32Array(D).fill(1);
    const supportOf = (mask: string, worker: string) => {
      const spec = parseCompressor({ kind: 'rand-k', keep: 10, mask }, 'c');
      const compressor = createCompressor(spec, D);
      const context = { ...contextOf(0), worker };
      return roundTrip(compressor, vector, context).map((value) => (value === 0 ? 0 : 1));
    };
    assert.deepEqual(supportOf('shared', 'a'), supportOf('shared', 'b'), 'one mask for all');
    assert.notDeepEqual(supportOf('own', 'a'), supportOf('own', 'b'), 'a mask for each');
    assert.equal(
      supportOf('own', 'a').reduce((sum, x) => sum + x, 0),
      10,
      'K coordinates are kept',
    );
  });

  it('have the sizes that their formats say', () => {
    const sizes = SPECS.map((spec) => createCompressor(parseCompressor(spec, 'c'), D, SHAPES).maxBytes);
    const expected = new Map<string, number>([
      ['float32', 4 * 96],
      ['bfloat16', 2 * 96],
      ['natural', (9 * 96) / 8],
      ['scaled-sign', 4 + 96 / 8],
    ]);
    SPECS.forEach((spec, i) => {
      if (typeof spec === 'string') assert.equal(sizes[i], expected.get(spec), spec);
    });
    assert.equal(sizes[3], 3 * 4 + 96, 'int8: a scale a block and a byte a coordinate');
    assert.equal(sizes[6], 2 * 4 + Math.ceil((4 * 96) / 8), 'qsgd(4): 9 levels in 4 bits');
    assert.equal(sizes[10], 4 * 12, 'rand-k: values alone travel');
    assert.equal(sizes[19], 4 * (2 * (10 + 8) + 16), 'power-sgd: two factors of the kernel and the bias');
  });
});
