import assert from 'node:assert/strict';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { BodyCache } from '../../src/driver/body-cache.ts';

const MIB = 2 ** 20;

function body(bytes: number): Uint8Array {
  return new Uint8Array(new SharedArrayBuffer(bytes));
}

describe('the cache of bodies', () => {
  it('lets go of the oldest above its bytes or its number, never of the newest', () => {
    const cache = new BodyCache(() => ({ bytes: 10, bodies: 3 }));
    for (const name of ['a', 'b', 'c', 'd']) cache.put(`count ${name}`, body(1));
    assert.equal(cache.get('count a'), undefined);
    assert.equal(cache.size, 3);
    cache.put('large', body(9));
    assert.deepEqual([cache.size, cache.bytes], [2, 10]);
    const newest = cache.put('above all', body(20));
    assert.equal(cache.get('above all'), newest);
    assert.deepEqual([cache.size, cache.bytes], [1, 20]);
  });

  it('has the memory of what it let go given back, which the engine does not count', async () => {
    const cache = new BodyCache(() => ({ bytes: 40 * MIB, bodies: 100 }));
    const held: WeakRef<ArrayBufferLike>[] = [];
    for (let i = 0; i < 12; i++) {
      held.push(new WeakRef(cache.put(`body ${i}`, body(16 * MIB)).buffer));
      // a reference that was made in this turn stays until its end
      await nextTurn();
    }
    const alive = held.filter((one) => one.deref() !== undefined).length;
    assert.ok(alive < 12, `${alive} of 12 bodies are in memory`);
    assert.equal(cache.size, 2);
  });
});
