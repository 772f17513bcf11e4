// Whether dist/ holds what the sources say. Asked before a start, and by tests, which run the built program where it is
// up to date and the sources where it is not.
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

const SOURCES = [
  'src',
  'nodes',
  'simulations',
  'bench',
  'test',
  'scripts',
  'tsconfig.json',
  'package-lock.json',
];

/** Newest modification time (ms) below a path. */
function newest(path) {
  const entry = statSync(path);
  if (!entry.isDirectory()) return entry.mtimeMs;
  return Math.max(
    entry.mtimeMs,
    ...readdirSync(path)
      .filter((name) => name !== 'node_modules' && !name.endsWith('.wasm') && !name.endsWith('.built.html'))
      .map((name) => newest(join(path, name))),
  );
}

export function isBuilt(root) {
  const stamp = join(root, 'dist/.built');
  const sources = SOURCES.map((name) => join(root, name)).filter(existsSync);
  return existsSync(stamp) && Math.max(...sources.map(newest)) <= statSync(stamp).mtimeMs;
}
