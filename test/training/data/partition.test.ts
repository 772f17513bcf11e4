import assert from 'node:assert/strict';
import fc from 'fast-check';
import { OperatorError } from '../../../src/foundation/operator-error.ts';
import { SeededRandom } from '../../../src/foundation/seeded-random.ts';
import { dirichlet, logGamma } from '../../../src/training/data/dirichlet.ts';
import { parsePartition, partition, type PartitionSpec } from '../../../src/training/data/partition.ts';

const labelled = (labels: readonly number[], classes: number) => ({
  size: labels.length,
  classes,
  label: (i: number) => labels[i] as number,
});
const thousand = labelled(
  Array.from({ length: 1000 }, (_, i) => (i * 7) % 10),
  10,
);
const classesOf = (shard: Int32Array) => new Set(Array.from(shard, (i) => thousand.label(i))).size;

const cutting = fc.oneof(
  fc.constantFrom<PartitionSpec>({ kind: 'iid' }, { kind: 'strides' }),
  fc.record({ kind: fc.constant('similarity' as const), share: fc.constantFrom(0, 0.5, 1) }),
  fc.record({ kind: fc.constant('label-sorted' as const), pieces: fc.integer({ min: 1, max: 3 }) }),
  fc.record({
    kind: fc.constant('dirichlet' as const),
    alpha: fc.constantFrom(0.001, 0.05, 0.5, 1, 3, 1000),
  }),
);

describe('partition', () => {
  it('by similarity lets a share of each shard be of all classes, the rest of one', () => {
    const shards = (share: number) => partition(thousand, 10, { kind: 'similarity', share }, 'seed');
    const common = (shard: Int32Array) => {
      const counts = new Map<number, number>();
      for (const i of shard) counts.set(thousand.label(i), (counts.get(thousand.label(i)) ?? 0) + 1);
      return shard.length - Math.max(...counts.values());
    };
    assert.ok(
      shards(0).every((shard) => classesOf(shard) === 1),
      'a hundred of each class: sorted runs of a hundred',
    );
    assert.ok(
      shards(1).every((shard) => classesOf(shard) === 10),
      'share 1 is a random cut',
    );
    for (const shard of shards(0.5)) {
      assert.equal(shard.length, 100);
      assert.ok(common(shard) > 20 && common(shard) < 80, `${common(shard)} of 100 are of other classes`);
    }
  });

  it('gives every example to exactly one worker, and some to each', () => {
    fc.assert(
      fc.property(
        cutting,
        fc.integer({ min: 1, max: 12 }),
        fc.array(fc.nat(4), { minLength: 36, maxLength: 90 }),
        fc.nat(),
        (spec, workers, labels, seed) => {
          const shards = partition(labelled(labels, 5), workers, spec, seed);
          assert.equal(shards.length, workers, 'a shard for each worker');
          assert.ok(
            shards.every((shard) => shard.length > 0),
            'no shard is empty',
          );
          const all = shards.flatMap((shard) => [...shard]).sort((a, b) => a - b);
          assert.deepEqual(
            all,
            labels.map((_, i) => i),
            'each example once',
          );
        },
      ),
    );
  });

  it('repeats for a seed and differs for another', () => {
    for (const spec of [
      { kind: 'iid' },
      { kind: 'dirichlet', alpha: 0.5 },
      { kind: 'label-sorted', pieces: 2 },
    ] as const) {
      const [a, b, c] = [1, 1, 2].map((seed) => partition(thousand, 5, spec, seed));
      assert.deepEqual(a, b, `${spec.kind} repeats`);
      assert.notDeepEqual(a, c, `${spec.kind} depends on the seed`);
    }
  });

  it('draws the same Dirichlet shards for ever', () => {
    const sizes = partition(thousand, 4, { kind: 'dirichlet', alpha: 0.3 }, 9).map((shard) => shard.length);
    assert.deepEqual(sizes, [416, 231, 165, 188], 'pinned sizes');
  });

  it('cuts evenly where it says so', () => {
    for (const spec of [{ kind: 'iid' }, { kind: 'strides' }] as const) {
      const sizes = partition(thousand, 7, spec, 3).map((shard) => shard.length);
      assert.ok(Math.max(...sizes) - Math.min(...sizes) <= 1, `${spec.kind}: ${sizes.join(' ')}`);
    }
    assert.deepEqual(
      [...(partition(labelled([0, 0, 0, 0, 0], 1), 2, { kind: 'strides' }, 0)[1] as Int32Array)],
      [1, 3],
      'strides by hand',
    );
  });

  it('separates the classes as much as it is asked to', () => {
    const sorted = partition(thousand, 10, { kind: 'label-sorted', pieces: 1 }, 4);
    assert.deepEqual(sorted.map(classesOf), new Array(10).fill(1), 'one class a worker');
    const two = partition(thousand, 10, { kind: 'label-sorted', pieces: 2 }, 4);
    assert.ok(
      two.every((shard) => classesOf(shard) <= 2),
      'two runs hold at most two classes',
    );
    const spread = (alpha: number) =>
      partition(thousand, 10, { kind: 'dirichlet', alpha }, 4)
        .map(classesOf)
        .reduce((sum, count) => sum + count, 0);
    assert.equal(spread(1000), 100, 'a large alpha gives all classes to all');
    assert.ok(spread(0.01) < 25, `a small alpha gives a class to one or two workers, got ${spread(0.01)}`);
  });

  it('gives all examples to all workers where the set is shared or their own', () => {
    for (const kind of ['shared', 'own'] as const) {
      const shards = partition(labelled([0, 1, 0], 2), 2, { kind }, 1);
      assert.deepEqual(
        shards.map((shard) => [...shard]),
        [
          [0, 1, 2],
          [0, 1, 2],
        ],
        kind,
      );
    }
  });

  it('says when there are too few examples', () => {
    assert.throws(
      () => partition(labelled([0, 1, 0], 2), 2, { kind: 'label-sorted', pieces: 2 }, 1),
      (error) =>
        error instanceof OperatorError &&
        error.message === 'the data set must have an example for each of 4 shards, got 3',
      'one sentence',
    );
  });

  it('parses kinds and their parameters', () => {
    assert.deepEqual(parsePartition('iid', 'data.partition'), { kind: 'iid' }, 'bare kind');
    assert.deepEqual(
      parsePartition({ kind: 'dirichlet', alpha: 0.1 }, 'p'),
      { kind: 'dirichlet', alpha: 0.1 },
      'with parameter',
    );
    assert.deepEqual(parsePartition('label-sorted', 'p'), { kind: 'label-sorted', pieces: 1 }, 'default');
    for (const [value, sentence] of [
      ['sorted', /^p must be one of iid, dirichlet, .* got "sorted"$/],
      ['dirichlet', /^p\.alpha must be a number from 0\.001 to 1000000, got nothing$/],
      [{ kind: 'dirichlet', alpha: 0 }, /^p\.alpha must be a number from 0\.001 to 1000000, got 0$/],
      [{ kind: 'dirichlet', alpha: NaN }, /^p\.alpha must be a number/],
      [{ kind: 'iid', alpha: 1 }, /^p\.alpha must be left out: only kind is known here, got 1$/],
    ] as const) {
      assert.throws(() => parsePartition(value, 'p'), { message: sentence }, String(sentence));
    }
  });
});

describe('dirichlet', () => {
  it('draws Gamma variables of the right mean and variance', () => {
    for (const shape of [0.2, 1, 4.5]) {
      const random = new SeededRandom(5, shape);
      const draws = Array.from({ length: 20_000 }, () => Math.exp(logGamma(random, shape)));
      const mean = draws.reduce((sum, x) => sum + x, 0) / draws.length;
      const variance = draws.reduce((sum, x) => sum + (x - mean) ** 2, 0) / draws.length;
      assert.ok(Math.abs(mean / shape - 1) < 0.05, `mean of Gamma(${shape}) is ${shape}, got ${mean}`);
      assert.ok(
        Math.abs(variance / shape - 1) < 0.12,
        `variance of Gamma(${shape}) is ${shape}, got ${variance}`,
      );
    }
  });

  it('gives shares that sum to 1, however small alpha is', () => {
    fc.assert(
      fc.property(
        fc.integer(),
        fc.constantFrom(0.001, 0.1, 1, 1e6),
        fc.integer({ min: 1, max: 30 }),
        (seed, alpha, count) => {
          const shares = dirichlet(new SeededRandom(seed), alpha, count);
          assert.ok(
            shares.every((share) => share >= 0 && share <= 1),
            'shares in [0, 1]',
          );
          const sum = shares.reduce((total, share) => total + share, 0);
          assert.ok(Math.abs(sum - 1) < 1e-12, `sum ${sum}`);
        },
      ),
    );
  });
});
