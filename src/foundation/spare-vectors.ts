/**
 * Memory of long vectors that nobody reads any more, for those that are made next. The collector does not count shared
 * memory, so it would leave vectors of hundreds of megabytes lying; and fresh memory costs more time than most passes over
 * it, since the operating system gives it by the page.
 *
 * Who gives a vector back states that no one, on any thread, will read or write it again. What is never given back is the
 * collector's, as ever.
 */
import { assert } from './assert.ts';
import { sharedFloats } from './shared-memory.ts';

/** Below this (a quarter of a megabyte) the collector does well. */
const LEAST_LENGTH = 65_536;

export class SpareVectors {
  private readonly lent = new WeakSet<Float32Array>();
  private readonly spare: Float32Array[] = [];

  /** A vector in shared memory, to be written as a whole: it holds whatever was there. */
  take(length: number): Float32Array {
    if (length < LEAST_LENGTH) return sharedFloats(length);
    const found = this.spare.findIndex((vector) => vector.length === length);
    const vector = found < 0 ? sharedFloats(length) : (this.spare.splice(found, 1)[0] as Float32Array);
    this.lent.add(vector);
    return vector;
  }

  /** Takes back what `take` gave; leaves any other vector alone. */
  give(vector: Float32Array): void {
    if (vector.length < LEAST_LENGTH) return;
    assert(!this.spare.includes(vector), 'a vector is given back once');
    if (this.lent.delete(vector)) this.spare.push(vector);
  }
}
