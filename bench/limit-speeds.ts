/** What a benchmark of passes over memory is measured against: the simplest pass of each kind, on one thread. */
import { createHash } from 'node:crypto';

interface Speeds {
  readonly read: number;
  readonly write: number;
  readonly hash: number;
}

/** Seconds of the simplest passes over so many bytes, at the speed of this process and machine. */
export function primitives(d: number): Record<keyof Speeds, (bytes: number) => number> {
  // in a call of its own, since functions that are returned hold on to what their neighbours use
  const { read, write, hash } = speeds(Math.min(4 * d, 2 ** 28));
  return { read: (n) => n * read, write: (n) => n * write, hash: (n) => n * hash };
}

/** Seconds for each byte. */
function speeds(bytes: number): Speeds {
  const source = Buffer.alloc(bytes, 7);
  const window = Buffer.alloc(2 ** 18);
  const speed = (run: () => void): number => {
    const times = [0, 1, 2].map(() => {
      const started = performance.now();
      run();
      return performance.now() - started;
    });
    return Math.min(...times) / 1000 / bytes;
  };
  const read = speed(() => {
    // copies that stay in the cache: what costs is to read the source
    for (let at = 0; at < bytes; at += window.length) source.copy(window, 0, at, at + window.length);
  });
  const write = speed(() => source.fill(9));
  const hash = speed(() => createHash('sha256').update(source).digest());
  return { read, write, hash };
}
