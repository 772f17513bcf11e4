/** Operands of one call in shared memory: where vectors lie, and what is released when the call ends. */
import type { SharedHeap } from './shared-heap.ts';

const LINE_BYTES = 64;
const PAGE_BYTES = 4096;

/** Rows start on a cache line, but never a multiple of 4 KiB apart, which would put them all on one cache set. */
export function rowStride(d: number): number {
  const bytes = Math.max(LINE_BYTES, Math.ceil((d * 4) / LINE_BYTES) * LINE_BYTES);
  return bytes % PAGE_BYTES === 0 ? bytes + LINE_BYTES : bytes;
}

export class Scratch {
  private readonly heap: SharedHeap;
  private readonly rows: WeakMap<Float32Array, number>;
  private readonly threads: number;
  private readonly addresses: number[] = [];

  constructor(heap: SharedHeap, rows: WeakMap<Float32Array, number>, threads: number) {
    this.heap = heap;
    this.rows = rows;
    this.threads = threads;
  }

  allocate(bytes: number): number {
    const address = this.heap.allocate(bytes);
    this.addresses.push(address);
    return address;
  }

  perThread(bytes: number): { readonly scratch: number; readonly scratchBytes: number } {
    const scratchBytes = Math.ceil(bytes / LINE_BYTES) * LINE_BYTES;
    return { scratch: this.allocate(scratchBytes * this.threads), scratchBytes };
  }

  /** Where a vector can be read. */
  copyIn(vector: Float32Array): number {
    const inPlace = this.rows.get(vector);
    if (inPlace !== undefined) return inPlace;
    const address = this.allocate(rowStride(vector.length));
    new Float32Array(this.heap.memory.buffer, address, vector.length).set(vector);
    return address;
  }

  /** Where a result can be written, and how it then reaches the vector. */
  place(vector: Float32Array): { readonly address: number; copyOut(): void } {
    const inPlace = this.rows.get(vector);
    if (inPlace !== undefined) return { address: inPlace, copyOut: () => {} };
    const address = this.allocate(rowStride(vector.length));
    const copyOut = () => vector.set(new Float32Array(this.heap.memory.buffer, address, vector.length));
    return { address, copyOut };
  }

  release(): void {
    for (const address of this.addresses) this.heap.release(address);
  }
}
