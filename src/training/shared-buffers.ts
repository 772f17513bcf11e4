/**
 * Vectors over shared memory for one job after another. Messages with vectors of their own cost a LeNet gradient a
 * fifth of its time, most of it in collecting them.
 */
import { isShared } from '../foundation/shared-memory.ts';

export class SharedBuffers {
  private readonly free: Float32Array[] = [];

  take(length: number): Float32Array {
    const found = this.free.findIndex((buffer) => buffer.length === length);
    const [known] = found < 0 ? [] : this.free.splice(found, 1);
    return known ?? new Float32Array(new SharedArrayBuffer(4 * length));
  }

  /** The vector itself where threads can read and write it, else a loan with its values. */
  shared(vector: Float32Array): Float32Array {
    if (isShared(vector)) return vector;
    const loan = this.take(vector.length);
    loan.set(vector);
    return loan;
  }

  giveBack(buffer: Float32Array): void {
    this.free.push(buffer);
  }
}
