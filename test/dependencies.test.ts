import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');

type Versions = Readonly<Record<string, string>>;
const { dependencies, devDependencies, optionalDependencies } = JSON.parse(read('package.json')) as {
  readonly dependencies: Versions;
  readonly devDependencies: Versions;
  readonly optionalDependencies: Versions;
};
const runTime = { ...dependencies, ...optionalDependencies };
const all = { ...runTime, ...devDependencies };

/** Text of everything that could use a package. */
function sources(folders: readonly string[]): string {
  return folders
    .flatMap((folder) =>
      readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
        .filter((name) => /\.(ts|mjs|cjs|js)$/.test(name) && !name.includes('node_modules'))
        .map((name) => read(join(folder, name))),
    )
    .join('\n');
}

/** A package's name in quotes, alone or with a path behind it. */
const uses = (text: string, name: string) => new RegExp(`['"\`]${name}(/[^'"\`]*)?['"\`]`).test(text);

describe('dependencies', () => {
  it('have one line each in docs/dependencies.md, and no other package has', () => {
    const rows = [...read('docs/dependencies.md').matchAll(/^\| `([^`]+)` \| ([^|]+) \| ([^|]+) \|$/gm)];
    assert.deepEqual(
      rows.map(([, name]) => name).sort(),
      Object.keys(all).sort(),
      'the page lists what package.json lists, once each',
    );
    for (const [, name, what, why] of rows) {
      assert.ok((what ?? '').trim() !== '' && (why ?? '').trim() !== '', `${name} has a use and a reason`);
    }
  });

  it('have exact versions', () => {
    for (const [name, version] of Object.entries(all)) {
      assert.match(version, /^\d+\.\d+\.\d+$/, `${name} ${version}`);
    }
  });

  it('are used by the program', () => {
    const program = sources(['src', 'nodes', 'simulations']);
    const optional = (name: string) => name in optionalDependencies;
    // the optional back ends are looked up by the name of the back end
    const idle = Object.keys(runTime).filter(
      (name) =>
        !uses(program, name) && !(optional(name) && uses(program, name.replace(/^@tensorflow\//, ''))),
    );
    assert.deepEqual(idle, [], 'a package that nothing imports is left out');
  });

  it('for development are used by the tools', () => {
    const tools =
      sources(['src', 'test', 'scripts', 'bench', 'site']) +
      ['eslint.config.js', 'package.json', 'typedoc.json'].map(read).join('');
    const isUsed = (name: string) => {
      const typed = /^@types\/(.+)$/.exec(name)?.[1];
      if (typed === 'node') return true;
      return typed === undefined
        ? uses(tools, name) || tools.includes(`"${name} `) || tools.includes(`&& ${name} `)
        : typed in all;
    };
    assert.deepEqual(
      Object.keys(devDependencies).filter((name) => !isUsed(name)),
      [],
      'used',
    );
  });
});
