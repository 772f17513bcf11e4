import assert from 'node:assert/strict';
import fc from 'fast-check';
import { SharedHeap } from '../../src/linalg/shared-heap.ts';

describe('shared heap', () => {
  it('hands out disjoint, aligned blocks and takes them back in any order (property)', () => {
    const step = fc.tuple(fc.boolean(), fc.integer({ min: 0, max: 50_000 }));
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const heap = new SharedHeap(8_000_000);
        const blocks: { start: number; size: number }[] = [];
        for (const [allocates, number] of steps) {
          if (allocates) {
            const start = heap.allocate(number);
            assert.ok(start > 0 && start % 64 === 0, `address ${start} is on a line and not 0`);
            assert.ok(start + number <= heap.memory.buffer.byteLength, 'inside the memory');
            for (const block of blocks) {
              assert.ok(start >= block.start + block.size || start + number <= block.start, 'disjoint');
            }
            blocks.push({ start, size: Math.max(1, number) });
          } else if (blocks.length > 0) {
            const [block] = blocks.splice(number % blocks.length, 1);
            heap.release(block!.start);
          }
        }
        for (const { start } of blocks) heap.release(start);
        assert.equal(heap.usedBytes, 0, 'nothing is left');
        const before = heap.memory.buffer.byteLength;
        if (steps.length > 0) heap.release(heap.allocate(Math.max(64, before - 65_536 * 2)));
        assert.ok(
          heap.memory.buffer.byteLength <= before + 65_536,
          'what was freed is joined and used again',
        );
      }),
      { numRuns: 40 },
    );
  });

  it('refuses a double release', () => {
    const heap = new SharedHeap(1_000_000);
    const block = heap.allocate(10);
    heap.release(block);
    assert.throws(() => heap.release(block), /not allocated/);
  });
});
