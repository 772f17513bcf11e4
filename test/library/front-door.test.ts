/**
 * The package as others get it: packed, unpacked into an empty folder, and used there from JavaScript and TypeScript. Its
 * dependencies are those of this checkout, so that no registry is asked. `SYNOD_TEST_NODE=/path/to/node` uses it by another
 * Node than the one that runs the tests.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const NODE = process.env['SYNOD_TEST_NODE'] ?? process.execPath;
const EXAMPLES = join(ROOT, 'examples');
const TYPESCRIPT = createRequire(import.meta.url).resolve('typescript/bin/tsc');

/** What each entry gives; a name that goes missing breaks somebody's program. */
const ENTRIES: Readonly<Record<string, readonly string[]>> = {
  aggregation: [
    'NonFiniteVectorsError',
    'aggregate',
    'aggregateFiles',
    'defineRule',
    'distanceMatrix',
    'leastIndices',
    'leastInputs',
    'meanOf',
    'openAggregator',
    'preAggregators',
    'rules',
    'squaredDistance',
    'squaredDistancesTo',
    'weightedMean',
  ],
  attacks: ['attacks', 'createAttack', 'forge'],
  compression: ['createCompressor'],
  peer: ['createKey', 'openPeer'],
  simulate: ['simulate'],
  task: ['accuracy', 'crossEntropy', 'defineTask', 'storedData', 'weightPenalty'],
  verify: ['openCertificateVerifier', 'readCertificates', 'readExperiment', 'verifyHistory'],
};

function run(command: string, args: readonly string[], cwd: string): string {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd, encoding: 'utf8' });
  assert.equal(status, 0, `${args.join(' ')}: ${stdout}${stderr}`);
  return stdout;
}

describe('the packed library', function () {
  this.timeout(240_000);
  let folder: string;

  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'synod-packed-'));
    const installed = join(folder, 'node_modules', 'synod');
    mkdirSync(installed, { recursive: true });
    const [packed] = JSON.parse(
      run('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', folder], ROOT),
    ) as [{ readonly filename: string }];
    run('tar', ['-xzf', packed.filename, '--strip-components=1', '-C', installed], folder);
    symlinkSync(join(ROOT, 'node_modules'), join(installed, 'node_modules'), 'junction');
    writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
    cpSync(EXAMPLES, folder, { recursive: true });
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  it('has an entry for each name in `exports`', () => {
    const { exports } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
      readonly exports: Readonly<Record<string, unknown>>;
    };
    const named = Object.keys(exports).filter((name) => name !== './package.json');
    assert.deepEqual(
      named.sort(),
      Object.keys(ENTRIES)
        .map((name) => `./${name}`)
        .sort(),
    );
  });

  for (const [entry, names] of Object.entries(ENTRIES)) {
    it(`gives synod/${entry} to JavaScript`, () => {
      const program = `console.log(JSON.stringify(Object.keys(await import('synod/${entry}')).sort()))`;
      const found = JSON.parse(run(NODE, ['--input-type=module', '-e', program], folder)) as string[];
      assert.deepEqual(found, [...names].sort());
    });
  }

  it('gives its types to TypeScript, strict', () => {
    const imports = Object.keys(ENTRIES).map((entry, i) => `import * as entry${i} from 'synod/${entry}';`);
    writeFileSync(
      join(folder, 'use.ts'),
      `${imports.join('\n')}
import { aggregate, type AggregationResult } from 'synod/aggregation';
export const result: AggregationResult = aggregate([new Float32Array(2)], { pipeline: 'mean', f: 0 });
export const length: number = result.vector.length;
// @ts-expect-error: f is a number
aggregate([new Float32Array(2)], { pipeline: 'mean', f: 'one' });
export const entries = [${imports.map((_, i) => `entry${i}`).join(', ')}];
`,
    );
    writeFileSync(
      join(folder, 'tsconfig.json'),
      JSON.stringify({
        // TensorFlow.js's own declarations do not pass the check of libraries
        compilerOptions: {
          ...{ noEmit: true, strict: true, skipLibCheck: true },
          ...{ target: 'ES2023', module: 'NodeNext', types: [] },
        },
        files: ['use.ts'],
      }),
    );
    run(NODE, [TYPESCRIPT, '-p', '.'], folder);
  });

  for (const example of readdirSync(EXAMPLES).filter((name) => name.endsWith('.mjs'))) {
    it(`runs examples/${example}`, () => {
      assert.notEqual(run(NODE, [example], folder), '', 'prints what it found');
    });
  }
});
