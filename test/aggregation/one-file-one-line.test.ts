/**
 * A rule, a coordinate-wise rule and an attack are a file and a line each. Each is added to a scratch copy of the sources,
 * where the commands and the pages must then know it. The copy is run as it stands, without a build.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const COPIED = ['src', 'nodes', 'simulations', 'docs', 'scripts', 'package.json', 'tsconfig.json'];

const FIRST_TWO = `
import { defineRule } from '../define-rule.ts';
import { meanOf } from '../geometry.ts';

export const firstTwo = defineRule('first-two', {
  source: 'a test',
  combine: (geometry) => ({ combination: meanOf(geometry, [0, 1]) }),
});
`;

const GREATEST = `
import { integer } from '../../foundation/schema.ts';
import { defineRule } from '../define-rule.ts';

export const greatest = defineRule('greatest', {
  source: 'a test',
  about: '\`rank\` (0)',
  settings: { rank: integer(0).default(0) },
  columns: ({ rank }, { n }) => ({ kind: 'sorted', of: (ascending) => ascending[n - 1 - rank]! }),
});
`;

const ZERO = `
import { z } from 'zod';
import { defineAttack, OWN } from './define-attack.ts';

export const zero = defineAttack('zero', {
  sees: 'own',
  sends: 'zeros, but \`first\` in the first coordinate',
  settings: { first: z.number().default(0) },
  create: ({ first }) => ({ ...OWN, name: 'zero', forge: ({ own }) => own.map((_, i) => (i === 0 ? first : 0)) }),
});
`;

const GRID = `
experiment:
  rounds: 1
  model: { kind: mlp, hidden: [2] }
workers: 4
byzantine: 1
grid:
  attack: [zero, { kind: zero, first: 2 }, sign-flip]
  aggregation: [{ rule: first-two }, { rule: greatest, rank: 1 }]
`;

describe('a rule, a coordinate-wise rule and an attack', function () {
  this.timeout(240_000);
  let copy: string;

  before(() => {
    copy = mkdtempSync(join(tmpdir(), 'synod-scratch-'));
    for (const name of COPIED) cpSync(join(ROOT, name), join(copy, name), { recursive: true });
    symlinkSync(join(ROOT, 'node_modules'), join(copy, 'node_modules'), 'junction');
    addFile('src/aggregation/rules/first-two.ts', FIRST_TWO);
    addLine(
      'src/aggregation/base-rules.ts',
      'export const BASE_RULES = [',
      'firstTwo',
      './rules/first-two.ts',
    );
    addFile('src/aggregation/rules/greatest.ts', GREATEST);
    addLine(
      'src/aggregation/base-rules.ts',
      'export const BASE_RULES = [',
      'greatest',
      './rules/greatest.ts',
    );
    addFile('src/attacks/zero.ts', ZERO);
    addLine('src/attacks/all-attacks.ts', 'export const ALL_ATTACKS = [', 'zero', './zero.ts');
  });
  after(() => rmSync(copy, { recursive: true, force: true }));

  function addFile(path: string, text: string): void {
    writeFileSync(join(copy, path), text);
  }

  /** In the list that begins with `head`, and its import. */
  function addLine(path: string, head: string, name: string, from: string): void {
    const text = readFileSync(join(copy, path), 'utf8');
    assert.ok(text.includes(head), `${path} has the list`);
    const added = text.replace(head, `${head}\n  ${name},`);
    writeFileSync(join(copy, path), `import { ${name} } from '${from}';\n${added}`);
  }

  function run(...args: readonly string[]): string {
    const { status, stdout, stderr } = spawnSync(process.execPath, ['--import', 'tsx', ...args], {
      cwd: copy,
      encoding: 'utf8',
    });
    assert.equal(status, 0, `${args.join(' ')}: ${stdout}${stderr}`);
    return stdout;
  }

  it('are known to `aggregate`, settings included', () => {
    const rows = [
      [1, 8],
      [3, 2],
      [5, 4],
    ];
    const header = "{'descr': '<f4', 'fortran_order': False, 'shape': (3, 2), }";
    const padded = `${header.padEnd(117)}\n`;
    const magic = Buffer.from([0x93, ...Buffer.from('NUMPY'), 1, 0, padded.length, 0]);
    const values = Buffer.from(Float32Array.from(rows.flat()).buffer);
    writeFileSync(join(copy, 'rows.npy'), Buffer.concat([magic, Buffer.from(padded), values]));
    const aggregated = (...rule: readonly string[]): number[] => {
      const out = join(copy, `${rule[0]}.npy`);
      run(
        'nodes/synod.ts',
        'aggregate',
        '--rule',
        ...(rule as [string]),
        '--f',
        '1',
        'rows.npy',
        '--out',
        out,
      );
      const bytes = readFileSync(out);
      return [bytes.readFloatLE(bytes.length - 8), bytes.readFloatLE(bytes.length - 4)];
    };
    assert.deepEqual(aggregated('first-two'), [2, 5], 'the mean of the first two rows');
    assert.deepEqual(
      aggregated('greatest', '--param', 'rank=1'),
      [3, 4],
      'the second greatest of each column',
    );
  });

  it('are known to `sweep`', () => {
    writeFileSync(join(copy, 'grid.yaml'), GRID);
    run('nodes/synod.ts', 'sweep', 'grid.yaml', '--quiet', '--threads', '1');
    const report = readFileSync(join(copy, 'sweeps/grid/report.md'), 'utf8');
    for (const name of ['first-two', 'greatest', 'zero'])
      assert.ok(report.includes(name), `${name}: ${report}`);
  });

  it('stand in help, in the tables of the docs and in the schema for editors', () => {
    run('scripts/docs-tables.mjs');
    const page = (name: string): string => readFileSync(join(copy, 'docs', name), 'utf8');
    assert.match(page('aggregation.md'), /^\| `first-two` \| a test \| n > 2f \| \| K \+ S \|$/m);
    assert.match(page('aggregation.md'), /^\| `greatest` \| a test \| n > 2f \| `rank` \(0\) \| C \|$/m);
    assert.match(page('attacks.md'), /^\| `zero` \| own \| zeros, but `first` in the first coordinate \|$/m);
    const help = run('nodes/synod.ts', 'help', 'simulate');
    for (const name of ['first-two', 'greatest', 'zero'])
      assert.ok(help.includes(name), `${name} in the help`);
    assert.match(run('nodes/synod.ts', 'check', '--schema'), /"greatest"/);
  });
});
