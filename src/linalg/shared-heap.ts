/**
 * Allocation in one shared WebAssembly memory: first fit over a sorted list of free ranges, which are joined when they
 * touch. Blocks start on a cache line. Only the thread that owns the heap allocates; workers see addresses.
 */
import { assert } from '../foundation/assert.ts';
import { OperatorError } from '../foundation/operator-error.ts';

const PAGE_BYTES = 65_536;
const LINE_BYTES = 64;
/** What 32-bit addresses reach. */
export const MOST_HEAP_BYTES = 2 ** 32;

interface Range {
  readonly start: number;
  readonly end: number;
}

export class SharedHeap {
  readonly memory: WebAssembly.Memory;
  private readonly maximumBytes: number;
  private free: Range[] = [];
  private readonly sizes = new Map<number, number>();
  /** Everything from here on was never handed out, so it is still zero. */
  private end = LINE_BYTES;

  constructor(maximumBytes: number) {
    this.maximumBytes = Math.min(maximumBytes, MOST_HEAP_BYTES);
    this.memory = new WebAssembly.Memory({ initial: 1, maximum: 65_536, shared: true });
  }

  /** Bytes that are handed out now. */
  get usedBytes(): number {
    return [...this.sizes.values()].reduce((sum, size) => sum + size, 0);
  }

  /** The address of `bytes` bytes, zeroed where asked. Throws OperatorError where the maximum is exceeded. */
  allocate(bytes: number, zeroed = false): number {
    const size = Math.max(LINE_BYTES, Math.ceil(bytes / LINE_BYTES) * LINE_BYTES);
    const index = this.free.findIndex(({ start, end }) => end - start >= size);
    const range = this.free[index];
    if (!range) return this.extend(size);
    this.free.splice(index, 1);
    if (range.end > range.start + size) {
      this.free.splice(index, 0, { start: range.start + size, end: range.end });
    }
    this.sizes.set(range.start, size);
    if (zeroed) new Uint8Array(this.memory.buffer, range.start, size).fill(0);
    return range.start;
  }

  release(address: number): void {
    const size = this.sizes.get(address);
    assert(size !== undefined, `release of ${address}, which is not allocated`);
    this.sizes.delete(address);
    const merged: Range[] = [];
    for (const range of [...this.free, { start: address, end: address + size }].sort(byStart)) {
      const last = merged.at(-1);
      if (last?.end === range.start) merged[merged.length - 1] = { start: last.start, end: range.end };
      else merged.push(range);
    }
    this.free = merged;
  }

  private extend(size: number): number {
    const start = this.end;
    const end = start + size;
    const grown = this.memory.buffer.byteLength;
    if (end > this.maximumBytes || !this.grow(Math.ceil((end - grown) / PAGE_BYTES))) {
      throw new OperatorError(
        `linear algebra needs ${end} bytes of memory and may use ${this.maximumBytes}; ` +
          'process the columns in blocks, or raise the limit',
      );
    }
    this.end = end;
    this.sizes.set(start, size);
    return start;
  }

  private grow(pages: number): boolean {
    try {
      if (pages > 0) this.memory.grow(pages);
      return true;
    } catch {
      return false; // the operating system refused
    }
  }
}

function byStart(a: Range, b: Range): number {
  return a.start - b.start;
}
