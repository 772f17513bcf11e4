/** A float32 vector in a file of its own: written once, in order, then read in blocks. */
import { rmSync } from 'node:fs';
import type { StoredVector } from '../../src/aggregation/aggregate-stream.ts';
import { bytesOf } from '../../src/foundation/bytes.ts';
import { openBinaryFile, PartialFile, type BinarySource } from '../../src/formats/binary-file.ts';

/** `open` starts the file; `remove` closes and deletes it, if it was started. */
export function createStoredVector(path: string, d: number): { open(): StoredVector; remove(): void } {
  let file: PartialFile | undefined;
  let reader: BinarySource | undefined;
  return {
    open() {
      const writing = (file = new PartialFile(path));
      return {
        sink: { write: (_start, values) => writing.write(values) },
        source() {
          if (reader === undefined) {
            writing.finish();
            reader = openBinaryFile(path);
          }
          const from = reader;
          return {
            n: 1,
            d,
            readColumns: (start, end, into) =>
              from.read(4 * start, bytesOf(into.row(0).subarray(0, end - start))),
          };
        },
      };
    },
    remove() {
      reader?.close();
      file?.abandon();
      if (reader !== undefined) rmSync(path, { force: true });
    },
  };
}
