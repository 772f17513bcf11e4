/** What a reader may take of an input: of time, and of memory besides four times the file. */

const MEBIBYTE = 2 ** 20;
const LEAST_MS = 1000;

/** A second a megabyte, and at least one. */
export function mostMilliseconds(fileBytes: number): number {
  return Math.max(LEAST_MS, (1000 * fileBytes) / MEBIBYTE);
}

/** Tables of decoders, WebAssembly memory, and what the collector lets lie between two of its rounds. */
export const MEMORY_BASE_BYTES = 64 * MEBIBYTE;
/** A child that has not come back from one input for so much longer than it may is ended. */
export const HANG_FACTOR = 10;
