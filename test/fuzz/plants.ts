/** Readers with the faults that the fuzz looks for, so that a test sees them found. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Reader } from './readers.ts';

const TAKEN_BYTES = 200 * 2 ** 20;

export function plantedReaders(folder: string): Reader[] {
  const planted = (name: string, read: (bytes: Uint8Array) => unknown): Reader => ({
    name,
    file: 'planted',
    originals: [Buffer.from('planted')],
    read: () => read(readFileSync(join(folder, 'planted'))),
  });
  return [
    planted('stack', (bytes) => new Float32Array(-1 - bytes.length)),
    planted('hang', () => {
      for (let turn = 0; turn >= 0;) turn = 1 - turn;
    }),
    planted('memory', () => new Uint8Array(TAKEN_BYTES).fill(1).length),
  ];
}
