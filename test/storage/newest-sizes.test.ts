import assert from 'node:assert/strict';
import { contributionIndexKey } from '../../src/storage/keys.ts';
import { NewestSizes } from '../../src/storage/newest-sizes.ts';
import { toHex } from '../../src/foundation/bytes.ts';
import { hashOf } from '../../src/crypto/hash.ts';

const key = (round: number, body = 0): string =>
  contributionIndexKey(round, toHex(hashOf('newest sizes', body)));
const put = (sizes: NewestSizes, round: number, size: number, body = 0): void =>
  sizes.wrote({ type: 'put', key: key(round, body), value: new Uint8Array(0) }, size);

describe('the sizes of the newest rounds', () => {
  it('asks the disk for what may have been there before', () => {
    const sizes = new NewestSizes([key(3), key(7)]);
    assert.equal(sizes.at(key(3)), undefined);
    assert.equal(sizes.at(key(7, 1)), undefined, 'another body of the newest round');
    assert.equal(sizes.at(key(8)), 0, 'nothing can be there');
    put(sizes, 7, 100);
    assert.equal(sizes.at(key(7)), undefined, 'and does not begin to know it by a write');
  });

  it('knows what was written and dropped since', () => {
    const sizes = new NewestSizes([]);
    put(sizes, 0, 100);
    put(sizes, 0, 200, 1);
    put(sizes, 0, 150);
    assert.deepEqual([sizes.at(key(0)), sizes.at(key(0, 1))], [150, 200]);
    sizes.wrote({ type: 'del', key: key(0) }, 0);
    assert.deepEqual([sizes.at(key(0)), sizes.at(key(0, 1))], [0, 200]);
  });

  it('forgets old rounds, for which it asks the disk again', () => {
    const sizes = new NewestSizes([]);
    for (let round = 0; round < 1_000; round++) put(sizes, round, round);
    assert.equal(sizes.at(key(999)), 999);
    assert.equal(sizes.at(key(990)), 990);
    assert.equal(sizes.at(key(0)), undefined);
    assert.equal(sizes.at(key(1_000)), 0);
  });
});
