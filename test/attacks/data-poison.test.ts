/** What poisoned workers train on. */
import assert from 'node:assert/strict';
import { parseAttack } from '../../src/attacks/attack-spec.ts';
import { checkPoison, poisonBatch, type PoisonedData } from '../../src/attacks/data-poison.ts';
import { OperatorError } from '../../src/foundation/operator-error.ts';

const DATA: PoisonedData = { featureShape: [4, 4, 2], featureType: 'float32', labelShape: [], classes: 10 };

function batchOf(size: number) {
  const features = Float32Array.from({ length: 32 * size }, (_, i) => (i % 32) / 32);
  return { features, labels: Int32Array.from({ length: size }, (_, i) => i), size };
}

const poisonOf = (settings: object) => parseAttack({ kind: 'augmented-data', ...settings }, 'attack').poison!;

describe('poisoned data', () => {
  it('reverses labels and leaves features alone', () => {
    const { features, labels } = poisonBatch(batchOf(3), [0, 1, 2], DATA, { kind: 'reversed-labels' });
    assert.deepEqual([...labels], [9, 8, 7]);
    assert.deepEqual(features, batchOf(3).features);
  });

  it('bends an image by its own number, the same in every batch', () => {
    const poison = poisonOf({});
    const whole = poisonBatch(batchOf(20), [...Array(20).keys()], DATA, poison).features;
    const alone = poisonBatch(batchOf(1), [7], DATA, poison).features;
    assert.deepEqual(whole.slice(7 * 32, 8 * 32), alone);
    const images = new Set([...Array(20).keys()].map((i) => whole.slice(i * 32, (i + 1) * 32).join()));
    assert.equal(images.size, 20, 'equal images with other numbers differ');
    assert.deepEqual(
      batchOf(20).labels,
      poisonBatch(batchOf(20), [...Array(20).keys()], DATA, poison).labels,
    );
  });

  it('moves pixels with all their channels, and adds noise of its level', () => {
    const before = batchOf(1).features;
    const moved = poisonBatch(batchOf(1), [1], DATA, poisonOf({ map: 'cat-map', deviation: 0 })).features;
    assert.deepEqual([...moved].sort(), [...before].sort(), 'a permutation of values');
    // (row 1, column 0) goes to (2, 1)
    assert.deepEqual([...moved.slice(2 * (2 * 4 + 1), 2 * (2 * 4 + 1) + 2)], [...before.slice(8, 10)]);
    const size = 200;
    const numbers = [...Array(size).keys()];
    const poison = poisonOf({ map: 'none', deviation: 1 });
    const noisy = Float32Array.from(poisonBatch(batchOf(size), numbers, DATA, poison).features);
    const clean = batchOf(size).features;
    const square = noisy.reduce((sum, value, i) => sum + (value - clean[i]!) ** 2, 0) / noisy.length;
    // levels 0.1 .. 1 in equal shares: the mean of their squares is 0.385
    assert.ok(Math.abs(square - 0.385) < 0.06, `mean square ${square}`);
  });

  it('is refused where there are no images to bend', () => {
    const tokens: PoisonedData = { ...DATA, featureShape: [64], featureType: 'int32' };
    assert.throws(() => checkPoison(poisonOf({}), tokens), /attack must be another one than augmented-data/);
    const oblong: PoisonedData = { ...DATA, featureShape: [4, 6, 1] };
    assert.throws(() => checkPoison(poisonOf({ map: 'cat-map' }), oblong), OperatorError);
    assert.doesNotThrow(() => checkPoison(poisonOf({ map: 'lotka-volterra' }), oblong));
    assert.doesNotThrow(() => checkPoison({ kind: 'reversed-labels' }, tokens));
    assert.doesNotThrow(() => checkPoison(undefined, tokens));
  });
});
