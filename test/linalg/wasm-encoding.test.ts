/** Encoding kernels against the plain loops of src/compression: the bytes are equal for any number of threads. */
import assert from 'node:assert/strict';
import { BitReader, BitWriter } from '../../src/compression/bit-stream.ts';
import { parseCompressor } from '../../src/compression/compressor-spec.ts';
import { createCompressor } from '../../src/compression/create-compressor.ts';
import { indexCode, readIndices, writeIndices } from '../../src/compression/index-set.ts';
import { SeededRandom } from '../../src/foundation/seeded-random.ts';
import { createWasmLinearAlgebra } from '../../src/linalg/wasm-linear-algebra.ts';

const D = 70_003;
const SPECS = [
  'int8',
  { kind: 'int8', rounding: 'nearest' },
  { kind: 'int8', block: 4, rounding: 'nearest' },
  { kind: 'int8', block: 16, rounding: 'nearest' },
  { kind: 'int8', block: 1 },
  { kind: 'int8', block: 2 },
  { kind: 'int8', block: 8192 },
  { kind: 'int8', block: 16_384 },
  { kind: 'int8', block: 100 },
  'bfloat16',
  { kind: 'bfloat16', rounding: 'nearest' },
  ...[1, 0.01, 0.3, 40_001].map((keep) => ({ kind: 'top-k', keep })),
  { kind: 'top-k', keep: 66_000, values: { kind: 'int8' } },
  { kind: 'rand-k', keep: 0.99, values: { kind: 'int8' } },
];

const random = new SeededRandom('encoding');
const normal = Float32Array.from({ length: D }, () => random.nextNormal());
const LARGEST = 3.4028234663852886e38;
const VECTORS: readonly (readonly [string, Float32Array])[] = [
  ['normal', normal],
  ['with blocks of zeros', normal.map((x, i) => (Math.floor(i / 256) % 3 === 1 || i < 40_000 ? 0 : x))],
  ['of all sizes', normal.map((x, i) => x * 10 ** ((i % 80) - 42))],
  ['all of one size', normal.map((x) => Math.sign(x))],
  ['zero', new Float32Array(D)],
  ['extreme', normal.map((x, i) => [LARGEST, -LARGEST, 1e-45, -0, x][i % 5] as number)],
];

describe('encoding kernels', () => {
  for (const threads of [1, 2]) {
    const linalg = createWasmLinearAlgebra({ threads });
    before(() => linalg.ready);
    after(() => linalg.close());

    for (const spec of SPECS) {
      it(`${JSON.stringify(spec)}, ${threads} thread${threads === 1 ? '' : 's'}: the bytes of the plain loops`, () => {
        const parsed = parseCompressor(spec, 'compressor');
        const plain = createCompressor(parsed, D);
        const fast = createCompressor(parsed, D, undefined, linalg.encoding);
        for (const [name, vector] of VECTORS) {
          for (const round of [0, 1]) {
            const context = { round, seed: new Uint8Array(32).fill(3), worker: 'w' };
            const [found, expected] = [fast.encode(vector, context), plain.encode(vector, context)];
            assert.ok(Buffer.from(found).equals(Buffer.from(expected)), `${name}, round ${round}`);
          }
        }
        assert.equal(linalg.usedBytes, 0, 'all scratch memory was given back');
      });
    }

    it(`take vectors of two segments and blocks that divide one, ${threads} threads`, () => {
      const levels = (d: number) => [new Float32Array(d), new Int8Array(d)] as const;
      assert.equal(linalg.encoding.int8(normal, 256, undefined, ...levels(D)), true);
      assert.equal(linalg.encoding.int8(normal, 100, undefined, ...levels(D)), false);
      const short = normal.slice(0, 32_768);
      assert.equal(linalg.encoding.int8(short, 256, undefined, ...levels(32_768)), false);
      assert.equal(linalg.encoding.bfloat16(short, undefined, new Uint16Array(32_768)), false);
      assert.equal(linalg.encoding.largest(short, 10), undefined);
    });

    it(`read and write gaps as the plain loops do, faults included, ${threads} threads`, () => {
      const random = new SeededRandom('gaps');
      const seen: Record<string, number> = {};
      for (const [d, keep] of [
        [300, 256],
        [300, 300],
        [5_000, 300],
        [100_000, 300],
        [2 ** 30, 256],
      ] as const) {
        const code = indexCode(d, keep);
        for (let trial = 0; trial < 60; trial++) {
          const clustered = trial % 3 === 0 ? Math.min(d, 2 * keep) : d;
          const places = Uint32Array.from(random.sample(clustered, keep)).sort();
          const writer = new BitWriter(code.maxBytes);
          writeIndices(code, places, writer);
          const written = writer.finish();
          const found = linalg.encoding.writeGaps(places, code);
          assert.ok(found && Buffer.from(found).equals(Buffer.from(written)), `${keep} of ${d}`);

          const bytes = new Uint8Array(written.length + (trial % 5));
          bytes.set(written);
          for (let flips = trial % 4; flips > 0; flips--)
            bytes[random.nextBelow(bytes.length)]! ^= 1 << random.nextBelow(8);
          if (trial % 7 === 6) bytes.fill(0xff, random.nextBelow(bytes.length));
          const given = bytes.subarray(0, bytes.length - (trial % 11 === 10 ? random.nextBelow(20) : 0));
          const [plain, fast] = [new Uint32Array(keep), new Uint32Array(keep)];
          const reader = new BitReader(given);
          const isRead = readIndices(code, reader, plain);
          const fault = reader.overrun ? 'wrong-length' : 'malformed';
          const expected = isRead && reader.paddedWithZeros ? reader.byteLength : fault;
          const outcome = linalg.encoding.readGaps(given, code, fast);
          assert.equal(outcome, expected, `${keep} of ${d}, trial ${trial}`);
          if (typeof expected === 'number') assert.deepEqual(fast, plain);
          const kind = typeof expected === 'number' ? 'read' : expected;
          seen[kind] = (seen[kind] ?? 0) + 1;
        }
      }
      for (const kind of ['read', 'wrong-length', 'malformed'])
        assert.ok((seen[kind] ?? 0) >= 10, JSON.stringify(seen));
      assert.equal(linalg.usedBytes, 0, 'all scratch memory was given back');
    });

    it(`find the one value that is not finite, wherever it is, ${threads} threads`, () => {
      for (const kind of ['float32', 'bfloat16'] as const) {
        const context = { round: 0, seed: new Uint8Array(32), worker: 'w' };
        const spec = parseCompressor(kind, 'compressor');
        const fast = createCompressor(spec, D, undefined, linalg.encoding);
        const bytes = fast.encode(normal, context);
        assert.equal(typeof fast.open(bytes, context), 'object', kind);
        const width = bytes.length / D;
        for (const place of [0, 32_767, 32_768, 65_541, D - 1]) {
          for (const high of [0x7f, 0xff]) {
            const broken = Uint8Array.from(bytes);
            // the exponent's bits, all of them: an infinity or NaN
            broken[(place + 1) * width - 1] = high;
            broken[(place + 1) * width - 2]! |= 0x80;
            assert.equal(fast.open(broken, context), 'not-finite', `${kind} at ${place}`);
          }
        }
      }
      assert.equal(linalg.usedBytes, 0, 'all scratch memory was given back');
    });

    it(`leave little to be chosen from among the largest, ${threads} threads`, () => {
      const places = linalg.encoding.largest(normal, 700) ?? [];
      assert.ok(places.length >= 700 && places.length < 2_000, `${places.length} of ${D} for 700`);
      assert.deepEqual(
        [...places],
        [...places].sort((a, b) => a - b),
        'ascending',
      );
    });
  }
});
