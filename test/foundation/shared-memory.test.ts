import assert from 'node:assert/strict';
import { inSharedMemory, isShared, sharedBytes, sharedFloats } from '../../src/foundation/shared-memory.ts';

describe('shared memory', () => {
  it('holds what is large, once', () => {
    const bytes = Uint8Array.from({ length: 100_000 }, (_, i) => i);
    const shared = inSharedMemory(bytes);
    assert.ok(isShared(shared) && !isShared(bytes));
    assert.deepEqual(Buffer.from(shared), Buffer.from(bytes));
    assert.equal(inSharedMemory(shared), shared, 'what lies there is not copied');
  });

  it('leaves few bytes where they are', () => {
    const few = Uint8Array.of(1, 2, 3);
    assert.equal(inSharedMemory(few), few);
    assert.deepEqual([isShared(sharedBytes(10)), isShared(sharedBytes(100_000))], [false, true]);
    assert.deepEqual([isShared(sharedFloats(10)), sharedFloats(100_000).length], [false, 100_000]);
  });
});
