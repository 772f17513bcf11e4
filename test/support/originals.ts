/** Small real files, written by the libraries that people write such files with (test/originals/make-originals.py). */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ORIGINALS = fileURLToPath(new URL('../originals', import.meta.url));

/** By its name. */
export function original(name: string): Buffer {
  return readFileSync(join(ORIGINALS, name));
}

/** All with this ending. */
export function originalsOf(ending: string): Buffer[] {
  return readdirSync(ORIGINALS)
    .filter((name) => name.endsWith(ending))
    .map(original);
}
