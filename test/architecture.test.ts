import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** The floors of the house, lowest first. A file imports from its own room and from lower floors, never upwards. */
const FLOORS: readonly (readonly string[])[] = [
  ['src/foundation'],
  ['src/files'],
  ['src/linalg', 'src/crypto', 'src/formats', 'src/modules'],
  ['src/aggregation', 'src/compression'],
  ['src/estimation', 'src/attacks', 'src/committee', 'src/messages'],
  ['src/training', 'src/protocol'],
  ['src/config', 'src/telemetry', 'src/network', 'src/storage', 'src/observe'],
  ['src/round'],
  ['src/learning', 'src/file-aggregation'],
  ['src/driver'],
  ['src/run'],
  ['src/library'],
  ['simulations'],
  ['nodes'],
  ['site'],
  ['test', 'bench'],
];

/** Packages that only one room may import, so that replacing one touches one room. */
const RESERVED: readonly { readonly packages: RegExp; readonly room: string }[] = [
  { packages: /^(libp2p$|@libp2p\/|@chainsafe\/|it-)/, room: 'src/network' },
  { packages: /^(@tensorflow\/|webgpu$)/, room: 'src/training' },
  { packages: /^(classic-level|level)$/, room: 'src/storage' },
  { packages: /^@noble\//, room: 'src/crypto' },
  { packages: /^(@ipld\/dag-cbor)$/, room: 'src/messages' },
  { packages: /^(pino|prom-client)$/, room: 'src/telemetry' },
  { packages: /^uplot$/, room: 'src/observe' },
];

/** AssemblyScript, which is no part of the house's arrows. */
const KERNELS = ['src/crypto', 'src/linalg', 'src/training'].flatMap((room) =>
  readdirSync(join(ROOT, room, 'assembly')).map((name) => `${room}/assembly/${name}`),
);

function sourceFiles(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.includes('node_modules'))
    .map((name) => join(folder, name).split(sep).join('/'))
    .filter((name) => !/^src\/(crypto|linalg|training)\/assembly\//.test(name));
}

function roomOf(file: string): string {
  const parts = file.split('/');
  return parts[0] === 'src' ? parts.slice(0, 2).join('/') : (parts[0] as string);
}

function importsOf(file: string): string[] {
  const text = readFileSync(join(ROOT, file), 'utf8');
  return [
    ...text.matchAll(
      /^\s*(?:import|export)\s(?:[^'";]*?\sfrom\s)?['"]([^'"]+)['"]|import\(\s*['"]([^'"]+)['"]\s*\)/gm,
    ),
  ].map((match) => (match[1] ?? match[2]) as string);
}

/** One path for each circle that a walk from file to file closes. */
function circlesOf(targets: ReadonlyMap<string, readonly string[]>): string[] {
  const circles: string[] = [];
  const done = new Set<string>();
  const path: string[] = [];
  const visit = (file: string): void => {
    const at = path.indexOf(file);
    if (at >= 0) circles.push([...path.slice(at), file].join(' -> '));
    if (at >= 0 || done.has(file)) return;
    path.push(file);
    for (const target of targets.get(file) ?? []) visit(target);
    path.pop();
    done.add(file);
  };
  for (const file of targets.keys()) visit(file);
  return circles;
}

const files = ['src', 'nodes', 'simulations', 'site', 'test', 'bench'].flatMap((folder) => {
  try {
    return sourceFiles(folder);
  } catch {
    return [];
  }
});

describe('architecture', () => {
  it('has a floor for every room', () => {
    const known = new Set(FLOORS.flat());
    const homeless = [...new Set(files.map(roomOf))].filter((room) => !known.has(room));
    assert.deepEqual(homeless, [], 'every room stands in FLOORS');
  });

  it('imports point down', () => {
    const floorOf = new Map(FLOORS.flatMap((rooms, floor) => rooms.map((room) => [room, floor] as const)));
    const upward: string[] = [];
    for (const file of files) {
      for (const specifier of importsOf(file).filter((s) => s.startsWith('.'))) {
        const target = relative(ROOT, resolve(ROOT, dirname(file), specifier))
          .split(sep)
          .join('/');
        const [from, to] = [roomOf(file), roomOf(target)];
        if (from === to || from === 'test' || from === 'bench') continue;
        if ((floorOf.get(from) ?? 0) <= (floorOf.get(to) ?? 0)) upward.push(`${file} -> ${target}`);
      }
    }
    assert.deepEqual(upward, [], 'no import points up or sideways');
  });

  it('keeps each ecosystem behind one room', () => {
    const strays: string[] = [];
    for (const file of files) {
      const room = roomOf(file);
      if (room === 'test' || room === 'bench') continue;
      for (const specifier of importsOf(file)) {
        for (const { packages, room: owner } of RESERVED) {
          if (packages.test(specifier) && room !== owner) strays.push(`${file} -> ${specifier}`);
        }
      }
    }
    assert.deepEqual(strays, [], 'reserved packages stay in their room');
  });

  it('is where docs/architecture.md says', () => {
    const page = readFileSync(join(ROOT, 'docs/architecture.md'), 'utf8');
    const named = [...page.matchAll(/`((?:src|test|simulations|nodes)[/\w.-]*)`/g)].map(
      (match) => match[1] as string,
    );
    assert.ok(named.length > 30, `${named.length} places`);
    assert.deepEqual(
      named.filter((path) => !existsSync(join(ROOT, path))),
      [],
      'every place that the page names is there',
    );
  });

  it('has no circles of imports, of types neither', () => {
    const known = new Set(files);
    const targets = new Map(
      files.map((file) => [
        file,
        importsOf(file)
          .filter((specifier) => specifier.startsWith('.'))
          .map((specifier) =>
            relative(ROOT, resolve(ROOT, dirname(file), specifier))
              .split(sep)
              .join('/'),
          )
          .filter((target) => known.has(target)),
      ]),
    );
    assert.deepEqual(circlesOf(targets), [], 'move what both need to a file below them');
  });

  it('finds a circle where there is one', () => {
    const targets = new Map([
      ['a', ['b']],
      ['b', ['c']],
      ['c', ['b']],
    ]);
    assert.deepEqual(circlesOf(targets), ['b -> c -> b']);
  });

  it('names in its comments only files that are there', () => {
    const known = new Set([...files, ...KERNELS].map((file) => file.split('/').at(-1)));
    const gone = files
      .filter((file) => !/^(test|bench)\//.test(file))
      .flatMap((file) => {
        const comments = readFileSync(join(ROOT, file), 'utf8')
          .split('\n')
          .filter((line) => /^\s*(\/\*\*|\*|\/\/)/.test(line));
        const named = comments.flatMap((line) => [...line.matchAll(/[\w/-]*?([\w.-]+\.ts)\b/g)]);
        return named
          .filter(([, name]) => !known.has(name) && !/^my-/.test(name as string))
          .map(([path]) => `${file} names ${path}`);
      });
    assert.deepEqual(gone, [], 'a comment that sends its reader nowhere');
  });

  it('has no barrels', () => {
    assert.deepEqual(
      files.filter((file) => /(^|\/)index\.ts$/.test(file)),
      [],
      'import the file',
    );
  });
});
