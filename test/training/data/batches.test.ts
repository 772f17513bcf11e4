import assert from 'node:assert/strict';
import fc from 'fast-check';
import { SeededRandom } from '../../../src/foundation/seeded-random.ts';
import { RandomOrder, batchIndices } from '../../../src/training/data/batches.ts';

describe('batches', () => {
  it('go through the shard once an epoch, in another order each time', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 40 }),
        fc.integer({ min: 1, max: 50 }),
        fc.nat(),
        (n, size, seed) => {
          const shard = Int32Array.from({ length: n }, (_, i) => 3 * i + 1);
          const drawn: number[] = [];
          for (let round = 0; drawn.length < 3 * n; round++) {
            drawn.push(...batchIndices(shard, size, seed, 'w', round));
          }
          for (let epoch = 0; epoch < 3; epoch++) {
            const pass = drawn.slice(epoch * n, (epoch + 1) * n).sort((a, b) => a - b);
            assert.deepEqual(pass, [...shard], `epoch ${epoch} holds each example once`);
          }
        },
      ),
    );
  });

  it('are functions of seed, worker and round', () => {
    const shard = Int32Array.from({ length: 500 }, (_, i) => i);
    for (const sampling of ['epochs', 'replacement'] as const) {
      const draw = (seed: number, worker: string, round: number) =>
        batchIndices(shard, 32, seed, worker, round, sampling);
      assert.deepEqual(draw(1, 'a', 4), draw(1, 'a', 4), `${sampling}: repeats`);
      for (const other of [draw(2, 'a', 4), draw(1, 'b', 4), draw(1, 'a', 5)]) {
        assert.notDeepEqual(draw(1, 'a', 4), other, `${sampling}: depends on all three`);
      }
    }
  });

  it('stay the same for ever', () => {
    const shard = Int32Array.from({ length: 100 }, (_, i) => i);
    assert.deepEqual([...batchIndices(shard, 6, 1, 'w', 0)], [92, 94, 62, 72, 51, 60], 'epochs');
    assert.deepEqual(
      [...batchIndices(shard, 6, 1, 'w', 0, 'replacement')],
      [87, 73, 15, 69, 89, 35],
      'replacement',
    );
  });

  it('draw uniformly', () => {
    const n = 6;
    const counts = Array.from({ length: n }, () => new Array<number>(n).fill(0));
    for (let seed = 0; seed < 6000; seed++) {
      const order = new RandomOrder(n, new SeededRandom(seed));
      counts.forEach((row, place) => (row[order.at(place)] = (row[order.at(place)] as number) + 1));
    }
    const worst = Math.max(...counts.flat().map((count) => Math.abs(count - 1000)));
    assert.ok(worst < 130, `each value at each place 1000 times, 4.5 deviations allowed; off by ${worst}`);
  });

  it('order large sets without going through them', () => {
    const order = new RandomOrder(2 ** 31, new SeededRandom(1));
    const places = [0, 1, 2 ** 31 - 1].map((place) => order.at(place));
    assert.equal(new Set(places).size, 3, 'distinct');
    assert.ok(
      places.every((value) => value >= 0 && value < 2 ** 31),
      'in range',
    );
  });
});
