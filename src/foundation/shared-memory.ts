/** Memory that threads share: sending it to one is sending a reference, where other memory is copied. */

/** Below this a copy is cheaper than shared memory, which the operating system gives by the page. */
const LEAST_SHARED_BYTES = 65_536;

export function isShared(view: ArrayBufferView): boolean {
  return view.buffer instanceof SharedArrayBuffer;
}

/** Zeros; in shared memory unless they are few. */
export function sharedBytes(length: number): Uint8Array {
  return new Uint8Array(
    length < LEAST_SHARED_BYTES ? new ArrayBuffer(length) : new SharedArrayBuffer(length),
  );
}

/** Zeros; in shared memory unless they are few. */
export function sharedFloats(length: number): Float32Array {
  const bytes = 4 * length;
  return new Float32Array(bytes < LEAST_SHARED_BYTES ? new ArrayBuffer(bytes) : new SharedArrayBuffer(bytes));
}

/** The same bytes where threads can share them: a copy unless they lie there already, or are few. */
export function inSharedMemory(bytes: Uint8Array): Uint8Array {
  if (isShared(bytes) || bytes.length < LEAST_SHARED_BYTES) return bytes;
  const copy = sharedBytes(bytes.length);
  copy.set(bytes);
  return copy;
}
