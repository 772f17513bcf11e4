/** A float32 vector in a file of its own: written once, in order, then read in blocks. */
import type { StoredVector } from '../aggregation/aggregate-stream.ts';
import { ScratchFile } from '../files/scratch-file.ts';
import { bytesOf } from '../foundation/bytes.ts';

/** `open` starts the file, on the disk that holds `near`; `remove` takes it away, if it was started. */
export function createStoredVector(near: string, d: number): { open(): StoredVector; remove(): void } {
  let file: ScratchFile | undefined;
  return {
    open() {
      const scratch = (file = new ScratchFile(near));
      return {
        sink: { write: (_start, values) => scratch.append(values) },
        source: () => ({
          n: 1,
          d,
          readColumns: (start, end, into) =>
            scratch.read(4 * start, bytesOf(into.row(0).subarray(0, end - start))),
        }),
      };
    },
    remove: () => file?.close(),
  };
}
