/** Bit streams, index sets, the range coder: exact inverses, close to the entropy, safe on any bytes. */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { BitReader, BitWriter, bitsFor } from '../../src/compression/bit-stream.ts';
import { indexCode, readIndices, subsetEntropyBits, writeIndices } from '../../src/compression/index-set.ts';
import { encodeLevels, LevelsDecoder, levelsEntropyBits } from '../../src/compression/levels-code.ts';
import { largestIndices } from '../../src/compression/top-k.ts';
import { SeededRandom } from '../../src/foundation/seeded-random.ts';

function decodeLevels(bytes: Uint8Array, length: number): Int16Array {
  const decoder = new LevelsDecoder(bytes);
  return Int16Array.from({ length }, () => decoder.next());
}

describe('bit stream', () => {
  it('reads back what was written', () => {
    const fields = fc.array(
      fc
        .integer({ min: 1, max: 32 })
        .chain((bits) => fc.tuple(fc.integer({ min: 0, max: 2 ** bits - 1 }), fc.constant(bits))),
      { maxLength: 50 },
    );
    fc.assert(
      fc.property(fields, (list) => {
        const writer = new BitWriter(200);
        for (const [value, bits] of list) writer.write(value, bits);
        const reader = new BitReader(writer.finish());
        for (const [value, bits] of list) assert.equal(reader.read(bits), value, `${bits} bits`);
        assert.ok(reader.paddedWithZeros && !reader.overrun, 'nothing is left but zeros');
      }),
    );
  });

  it('reads runs of ones of any length, and a run without an end as an overrun', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(100), { maxLength: 40 }), (runs) => {
        const writer = new BitWriter(600);
        for (const run of runs) {
          for (let i = 0; i < run; i++) writer.write(1, 1);
          writer.write(0, 1);
        }
        const reader = new BitReader(writer.finish());
        assert.deepEqual(
          runs.map(() => reader.readUnary()),
          runs,
        );
        assert.ok(!reader.overrun && reader.paddedWithZeros);
      }),
    );
    for (const length of [0, 1, 3, 4, 5, 9]) {
      const reader = new BitReader(new Uint8Array(length).fill(0xff));
      reader.read(Math.min(3, length));
      assert.equal(reader.readUnary(), 0, `${length} bytes of ones`);
      assert.ok(reader.overrun);
    }
  });

  it('counts bits', () => {
    assert.deepEqual([1, 2, 3, 4, 5, 256, 257].map(bitsFor), [0, 1, 2, 2, 3, 8, 9]);
  });
});

describe('index set', () => {
  it('is inverted for any subset, and never longer than its bound', () => {
    const subsets = fc
      .integer({ min: 1, max: 400 })
      .chain((d) => fc.tuple(fc.constant(d), fc.uniqueArray(fc.nat(d - 1), { minLength: 1, maxLength: d })));
    fc.assert(
      fc.property(subsets, ([d, picked]) => {
        const indices = Uint32Array.from(picked).sort();
        const code = indexCode(d, indices.length);
        const writer = new BitWriter(code.maxBytes);
        writeIndices(code, indices, writer);
        const bytes = writer.finish();
        assert.ok(bytes.length <= code.maxBytes, 'within the bound');
        const out = new Uint32Array(indices.length);
        assert.ok(readIndices(code, new BitReader(bytes), out), 'decodes');
        assert.deepEqual(out, indices);
      }),
    );
  });

  it('takes at most 6 % more bits than the entropy of a random set', () => {
    for (const [d, count] of [
      [100_000, 1000],
      [100_000, 10_000],
      [50_000, 50],
    ] as const) {
      const indices = Uint32Array.from(new SeededRandom(d).sample(d, count)).sort();
      const code = indexCode(d, count);
      const writer = new BitWriter(code.maxBytes);
      writeIndices(code, indices, writer);
      const ratio = (8 * writer.finish().length) / subsetEntropyBits(d, count);
      assert.ok(ratio < 1.06, `${d}, ${count}: ${ratio.toFixed(3)} of the entropy`);
    }
  });
});

describe('levels code', () => {
  it('is inverted for any levels', () => {
    const levels = fc.int16Array({ maxLength: 300 }).map((a) => a.map((x) => Math.max(-32_767, x)));
    fc.assert(
      fc.property(fc.oneof(levels, fc.int16Array({ min: -3, max: 3, maxLength: 600 })), (input) => {
        assert.deepEqual(decodeLevels(encodeLevels(input), input.length), input);
      }),
    );
  });

  it('is inverted for long runs that provoke carries', () => {
    for (const pattern of [0, 1, 5]) {
      const input = Int16Array.from({ length: 40_000 }, (_, i) => (i % 997 === 0 ? 300 : pattern));
      assert.deepEqual(decodeLevels(encodeLevels(input), input.length), input);
    }
  });

  it('reads any bytes as levels of at most 16 bits', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
        const decoder = new LevelsDecoder(bytes);
        for (let i = 0; i < 200; i++) assert.ok(Math.abs(decoder.next()) < 2 ** 16);
      }),
    );
  });

  it('takes at most 5 % more bits than the zero-order entropy of quantised normals', () => {
    const random = new SeededRandom('levels');
    for (const scale of [0.4, 1, 6]) {
      const input = Int16Array.from({ length: 60_000 }, () => Math.round(scale * random.nextNormal()));
      const ratio = (8 * encodeLevels(input).length) / input.length / levelsEntropyBits(input);
      assert.ok(ratio < 1.05 && ratio > 0.99, `scale ${scale}: ${ratio.toFixed(3)} of the entropy`);
    }
  });
});

describe('largest indices', () => {
  it('agree with a stable sort by magnitude', () => {
    const vectors = fc.float32Array({ noNaN: true, minLength: 1, maxLength: 60 });
    const few = fc.array(fc.constantFrom(-2, -1, 0, 1, 2, 1e-40), { minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(
        fc.oneof(
          vectors,
          few.map((a) => Float32Array.from(a)),
        ),
        fc.nat(),
        (vector, n) => {
          const count = 1 + (n % vector.length);
          const naive = [...vector.keys()]
            .sort((a, b) => Math.abs(vector[b]!) - Math.abs(vector[a]!) || a - b)
            .slice(0, count)
            .sort((a, b) => a - b);
          assert.deepEqual([...largestIndices(vector, count)], naive);
        },
      ),
    );
  });
});
