/** Examples set aside for choosing hyper-parameters. */
import assert from 'node:assert/strict';
import { splitForValidation } from '../../../simulations/training/validation-split.ts';
import type { PartitionSpec } from '../../../src/training/data/partition.ts';

const DATA = { size: 100, classes: 5, label: (i: number) => i % 5 };

describe('validation split', () => {
  const specs: readonly PartitionSpec[] = [
    { kind: 'iid' },
    { kind: 'label-sorted', pieces: 1 },
    { kind: 'similarity', share: 0.3 },
    { kind: 'dirichlet', alpha: 1 },
    { kind: 'strides' },
  ];
  for (const spec of specs) {
    it(`gives every example once, to a worker or to nobody: ${spec.kind}`, () => {
      const { validation, shards } = splitForValidation(DATA, 0.2, 4, spec, 'seed');
      assert.equal(validation.length, 20);
      const all = [...validation, ...shards.flatMap((shard) => [...shard])].sort((a, b) => a - b);
      assert.deepEqual(all, [...Array(100).keys()]);
    });
  }

  it('keeps shards sorted by label where they are asked for', () => {
    const { shards } = splitForValidation(DATA, 0.5, 5, { kind: 'label-sorted', pieces: 1 }, 'seed');
    const classes = shards.map((shard) => new Set([...shard].map((i) => DATA.label(i))).size);
    assert.ok(Math.max(...classes) <= 3, `classes of a shard: ${classes.join(', ')}`);
  });

  it('differs by seed, is the same again, and leaves somebody something', () => {
    const of = (seed: string) => [...splitForValidation(DATA, 0.2, 4, { kind: 'iid' }, seed).validation];
    assert.deepEqual(of('a'), of('a'));
    assert.notDeepEqual(of('a'), of('b'));
    const { validation, shards } = splitForValidation({ ...DATA, size: 3 }, 0.9, 1, { kind: 'shared' }, 's');
    assert.deepEqual([validation.length, shards[0]?.length], [2, 1]);
  });
});
