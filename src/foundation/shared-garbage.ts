/**
 * Bounds the shared memory that a thread keeps alive without need. The engine's collector does not count shared memory: a
 * thread that is sent one body after another and allocates little else is never collected, and every body that it ever saw
 * stays in memory, whoever has let it go. So such a thread tells what it saw, and is collected each time that this is much.
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** A collection takes some milliseconds; to read as many bytes takes as long. */
const MOST_SEEN_BYTES = 2 ** 27;

let collect: (() => void) | undefined;

/** The engine's own, which it shows to contexts that are made after the flag was set. */
function collector(): () => void {
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc') as () => void;
}

export class SharedGarbage {
  private seenBytes = 0;

  /** That many bytes of shared memory were looked at by this thread, and may be garbage now. */
  saw(bytes: number): void {
    this.seenBytes += bytes;
    if (this.seenBytes < MOST_SEEN_BYTES) return;
    this.seenBytes = 0;
    collect ??= collector();
    collect();
  }
}
