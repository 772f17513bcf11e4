import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  aggregate,
  aggregateFiles,
  defineRule,
  leastInputs,
  meanOf,
  NonFiniteVectorsError,
  openAggregator,
} from '../../src/library/aggregation.ts';
import { NpyWriter, readNpyVector } from '../../src/formats/npy.ts';
import { integer } from '../../src/foundation/schema.ts';
import { createAttack, forge } from '../../src/library/attacks.ts';
import { createCompressor } from '../../src/library/compression.ts';

const rows = (...values: readonly (readonly number[])[]): Float32Array[] =>
  values.map((row) => Float32Array.from(row));

describe('synod/aggregation', () => {
  it('aggregates vectors that lie in files as it does those in memory', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'synod-files-'));
    try {
      const vectors = rows([1, 1, 0], [2, 2, 9], [3, 9, 1], [100, -5, 2], [4, 4, 3]);
      const input = join(folder, 'vectors.npy');
      const writer = new NpyWriter(input, 'float32', [5, 3]);
      for (const vector of vectors) writer.write(vector);
      writer.finish();
      const out = join(folder, 'aggregate.npy');
      const pipeline = { pre: ['nnm'], rule: 'trimmed-mean' };
      const report = await aggregateFiles({ inputs: [input], pipeline, f: 1, out });
      assert.deepEqual([report.rule, report.n, report.d, report.out], ['trimmed-mean', 5, 3, out]);
      assert.deepEqual([...readNpyVector(out)], [...aggregate(vectors, { pipeline, f: 1 }).vector]);
      const buckets = (s: number) => ({ pre: [{ name: 'bucketing', s }], rule: 'mean' });
      await aggregateFiles({ inputs: [input], pipeline: buckets(1), f: 0, out });
      assert.deepEqual([...readNpyVector(out)], [...aggregate(vectors, { pipeline: 'mean', f: 0 }).vector]);
      await assert.rejects(
        aggregateFiles({ inputs: [input], pipeline: 'median', f: 1, out: input }),
        /^OperatorError: out must be none of the inputs/,
      );
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('aggregates, and leaves the inputs as they were', () => {
    const vectors = rows([1, 1], [2, 2], [3, 9], [100, -5], [4, 4]);
    const before = vectors.map((vector) => [...vector]);
    const { vector } = aggregate(vectors, { pipeline: 'median', f: 1 });
    assert.deepEqual([...vector], [3, 2]);
    assert.deepEqual(
      vectors.map((row) => [...row]),
      before,
    );
  });

  it('tells coefficients, and which inputs a rule kept', () => {
    const result = aggregate(rows([0], [0.1], [0.2], [0.1], [90]), { pipeline: 'multi-krum', f: 1 });
    assert.equal(result.coefficients?.length, 5);
    assert.equal(result.rows?.find(({ row }) => row === 4)?.kept, false, 'the forged one is excluded');
  });

  it('weighs, and starts where the last aggregate ended', () => {
    const weighted = aggregate(rows([0], [10]), { pipeline: 'mean', f: 0, weights: [3, 1] });
    assert.equal(weighted.vector[0], 2.5);
    const previous = Float32Array.of(8);
    const clipped = aggregate(rows([9], [8], [1e6]), { pipeline: 'centered-clipping', f: 1, previous });
    assert.ok(
      Math.abs((clipped.vector[0] as number) - 8) < 1,
      `near the previous one, got ${clipped.vector[0]}`,
    );
  });

  it('gives the same bytes for any number of threads', () => {
    const vectors = Array.from({ length: 9 }, (_, i) =>
      Float32Array.from({ length: 5000 }, (_, k) => Math.sin(i * 7 + k)),
    );
    const options = { pipeline: { pre: ['nnm'], rule: 'ctma', base: 'median' }, f: 2 };
    const one = aggregate(vectors, options).vector;
    const two = openAggregator({ threads: 2 });
    try {
      assert.deepEqual(two.aggregate(vectors, options).vector, one);
    } finally {
      two.close();
    }
  });

  it('names the vectors that are not finite', () => {
    const vectors = rows([1], [NaN], [2], [Infinity]);
    assert.throws(
      () => aggregate(vectors, { pipeline: 'median', f: 1 }),
      (error: unknown) => error instanceof NonFiniteVectorsError && error.rows.join() === '1,3',
    );
  });

  it('names field, rule and value of a wrong call', () => {
    const wrong = (vectors: Float32Array[], options: Parameters<typeof aggregate>[1], sentence: RegExp) =>
      assert.throws(() => aggregate(vectors, options), sentence);
    wrong([], { pipeline: 'mean', f: 0 }, /vectors must be at least one, got 0/);
    wrong(
      rows([1, 2], [1]),
      { pipeline: 'mean', f: 0 },
      /vectors\[1\] must have the length 2 of the first, got 1/,
    );
    wrong(rows([1], [2]), { pipeline: 'median', f: 1 }, /median needs n > 2 f/);
    wrong(rows([1]), { pipeline: 'medain', f: 0 }, /pipeline.*must be one of/);
    assert.throws(() => openAggregator({ threads: 0 }), /threads must be an integer of at least 1, got 0/);
  });

  it("takes a rule of one's own, by columns or in coefficient space, with its bound and settings", () => {
    const second = defineRule('second', {
      source: 'a test',
      settings: { rank: integer(0).default(1) },
      needs: 'n > rank',
      fault: ({ rank }, n) => (n > rank ? undefined : 'n > rank'),
      columns: ({ rank }) => ({ kind: 'sorted', of: (ascending) => ascending[rank] as number }),
    });
    const vectors = rows([4, 1], [3, 2], [2, 3], [1, 4]);
    assert.deepEqual([...aggregate(vectors, { pipeline: second, f: 1 }).vector], [2, 2]);
    const set = { pipeline: { rule: second, rank: 3 }, f: 1 };
    assert.deepEqual([...aggregate(vectors, set).vector], [4, 4]);
    assert.throws(
      () => aggregate(vectors, { pipeline: { rule: second, rank: 4 }, f: 1 }),
      /second needs n > rank, but n = 4 and f = 1/,
    );
    assert.throws(
      () => aggregate(vectors, { pipeline: { rule: second, rank: -1 }, f: 1 }),
      /pipeline\.rank must be an integer of at least 0, got -1/,
    );
    const firstTwo = defineRule('first-two', {
      source: 'a test',
      combine: (geometry) => ({ combination: meanOf(geometry, [0, 1]) }),
    });
    assert.deepEqual([...aggregate(vectors, { pipeline: firstTwo, f: 1 }).vector], [3.5, 1.5]);
    assert.equal(leastInputs(firstTwo, 2), 5, 'the bound of most rules, where none is stated');
  });

  it('knows how many inputs a pipeline needs', () => {
    assert.equal(leastInputs('krum', 2), 7);
  });
});

describe('synod/attacks', () => {
  const honest = rows([1, 1], [1.2, 0.8], [0.9, 1.1], [1.1, 1]);
  const defence = { pipeline: 'median', f: 2 };

  it('forges one shared vector where the attackers collude, the same for the same seed', () => {
    const forged = forge(createAttack({ kind: 'ipm', epsilon: 1 }), honest, { byzantine: 2, defence });
    assert.equal(forged[0], forged[1]);
    assert.ok((forged[0]?.[0] as number) < 0, 'against the honest mean');
    const noise = () => forge(createAttack('gaussian'), honest, { byzantine: 2, defence, seed: 5 });
    assert.deepEqual(noise(), noise());
    assert.notDeepEqual(noise()[0], noise()[1], 'each its own');
  });

  it('searches the strength against the defence in use', () => {
    const [forged] = forge(createAttack('foe-search'), honest, { byzantine: 2, defence });
    assert.ok(forged?.every(Number.isFinite));
  });
});

describe('synod/compression', () => {
  it('encodes and decodes by the name of a compressor', () => {
    const compressor = createCompressor({ kind: 'top-k', keep: 2 }, 4);
    const context = { round: 0, seed: new Uint8Array(32), worker: 'w' };
    const out = new Float32Array(4);
    assert.equal(
      compressor.decode(compressor.encode(Float32Array.of(1, -8, 0.5, 4), context), context, out),
      undefined,
    );
    assert.deepEqual([...out], [0, -8, 0, 4]);
    assert.throws(() => createCompressor('int8', 0), /d must be an integer of at least 1, got 0/);
  });
});
