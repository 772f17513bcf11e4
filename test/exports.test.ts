/** Nothing is exported that nobody imports. What a type of a used signature is made of may be: others may name it. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const ROOMS = ['src', 'nodes', 'simulations', 'site'];
const READERS = [...ROOMS, 'test', 'bench', 'scripts', 'docs', 'examples'];
/** What programs outside of this repository, or Node itself, import by name. */
const ENTRIES = /^src\/(library\/|training\/user-task\.ts|modules\/module-hooks\.ts)/;

interface Source {
  readonly file: string;
  readonly text: string;
  readonly words: ReadonlyMap<string, number>;
}

function sourceOf(file: string, text: string): Source {
  const words = new Map<string, number>();
  for (const [word] of text.matchAll(/\w+/g)) words.set(word, (words.get(word) ?? 0) + 1);
  return { file, text, words };
}

function sources(): Source[] {
  return READERS.flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => /\.(ts|mts|mjs)$/.test(name) && !/node_modules|assembly/.test(name))
      .map((name) => join(folder, name))
      .map((file) => sourceOf(file.replaceAll('\\', '/'), readFileSync(join(ROOT, file), 'utf8'))),
  );
}

const EXPORT = /^export (?:async )?(?:abstract )?(function\*?|class|interface|type|const) (\w+)/gm;

/** Values that no other file names, and types that not even their own file does. */
function unusedIn(all: readonly Source[]): string[] {
  const unused: string[] = [];
  for (const { file, text, words } of all) {
    if (!ROOMS.some((room) => file.startsWith(`${room}/`)) || ENTRIES.test(file)) continue;
    for (const [, kind, name = ''] of text.matchAll(EXPORT)) {
      if (all.some((other) => other.file !== file && other.words.has(name))) continue;
      const isType = kind === 'type' || kind === 'interface';
      if (!isType || words.get(name) === 1) unused.push(`${file}: ${name}`);
    }
  }
  return unused;
}

describe('exports', () => {
  it('are imported by somebody', () => {
    assert.deepEqual(unusedIn(sources()), [], 'drop `export`, or the whole of it');
  });

  it('are told where they are not', () => {
    const lonely = sourceOf(
      'src/a.ts',
      'export const used = 1;\nexport function alone() {}\nexport type Dead = 1;\nexport interface Part {}\nfunction f(p: Part) {}',
    );
    const reader = sourceOf('src/b.ts', "import { used } from './a.ts';");
    assert.deepEqual(unusedIn([lonely, reader]), ['src/a.ts: alone', 'src/a.ts: Dead']);
  });
});
