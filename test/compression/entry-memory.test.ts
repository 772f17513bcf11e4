/** The memory of a sparse contribution's entries serves the next one once it was read, whichever compressor it came by. */
import assert from 'node:assert/strict';
import { parseCompressor } from '../../src/compression/compressor-spec.ts';
import type { VectorReader } from '../../src/compression/compressor.ts';
import { createCompressor } from '../../src/compression/create-compressor.ts';
import { takeEntries } from '../../src/compression/entry-memory.ts';
import { SeededRandom } from '../../src/foundation/seeded-random.ts';
import { SpareVectors } from '../../src/foundation/spare-vectors.ts';
import { createWasmLinearAlgebra } from '../../src/linalg/wasm-linear-algebra.ts';

const D = 200_000;
/** Half of the values: enough for spare memory. */
const KEEP = 0.5;
const CONTEXT = { round: 3, seed: new Uint8Array(32).fill(5), worker: 'w' };

describe('memory for entries', () => {
  const linalg = createWasmLinearAlgebra({ threads: 1 });
  after(() => linalg.close());

  it('holds places and values apart, and serves again', () => {
    const spare = new SpareVectors();
    const entries = takeEntries(40_000, spare);
    entries.indices.fill(7);
    entries.values.fill(-1);
    assert.ok(entries.indices.every((place) => place === 7));
    const { buffer } = entries.values;
    assert.notEqual(takeEntries(40_000, spare).values.buffer, buffer, 'it is in use');
    entries.release();
    assert.equal(takeEntries(40_000, spare).values.buffer, buffer);
  });

  for (const kind of ['top-k', 'rand-k']) {
    it(`is given back by readers of ${kind}, and by no one else`, () => {
      const compressor = createCompressor(
        parseCompressor({ kind, keep: KEEP, values: 'bfloat16' }, 'c'),
        D,
        undefined,
        linalg.encoding,
      );
      const random = new SeededRandom('entries');
      const bodies = [0, 1].map(() =>
        compressor.encode(
          Float32Array.from({ length: D }, () => random.nextNormal()),
          CONTEXT,
        ),
      );
      const open = (i: number): VectorReader => {
        const reader = compressor.open(bodies[i]!, CONTEXT);
        assert.ok(typeof reader !== 'string', 'an own body');
        return reader;
      };
      const valuesOf = (reader: VectorReader): Float32Array => {
        assert.ok(reader.packed?.kind === 'sparse', 'a sparse row');
        return reader.packed.values;
      };
      const [first, second] = [open(0), open(1)];
      const expected = valuesOf(first).slice();
      const { buffer } = valuesOf(first);
      assert.notEqual(valuesOf(second).buffer, buffer, 'both are read');
      first.release?.();
      const again = open(0);
      assert.equal(valuesOf(again).buffer, buffer);
      assert.deepEqual(valuesOf(again), expected);
      const decoded = new Float32Array(D);
      assert.equal(compressor.decode(bodies[1]!, CONTEXT, decoded), undefined);
      assert.deepEqual(valuesOf(again), expected, "what is read is nobody else's");
    });
  }

  it('is given back where a body is none', () => {
    const compressor = createCompressor(
      parseCompressor({ kind: 'top-k', keep: KEEP }, 'c'),
      D,
      undefined,
      linalg.encoding,
    );
    const { spare } = linalg.encoding;
    const vector = spare.take(D);
    spare.give(vector);
    assert.equal(typeof compressor.open(new Uint8Array(9), CONTEXT), 'string');
    assert.equal(spare.take(D), vector, 'twice the entries are as many values');
  });
});
