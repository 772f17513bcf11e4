import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { findInvocation } from '../../../nodes/cli/program.ts';
import { cliPage } from '../../../nodes/cli/cli-page.ts';
import { flagsOf } from '../../../nodes/cli/command.ts';
import { commandHelp } from '../../../nodes/cli/help.ts';
import { parseArguments } from '../../../nodes/cli/parse-arguments.ts';
import { commands } from '../../../nodes/commands/all.ts';
import { runSynod } from '../../support/cli.ts';

const PAGE = new URL('../../../docs/cli.md', import.meta.url);
const ROOT = new URL('../../..', import.meta.url);

/** Words of a line of shell, as far as the examples need it. */
function wordsOf(line: string): string[] {
  return [...line.matchAll(/'([^']*)'|(\S+)/g)].map((match) => match[1] ?? match[2] ?? '');
}

describe('synod', () => {
  it('has a page that says what the commands say', async () => {
    assert.equal(readFileSync(PAGE, 'utf8'), await cliPage(commands), 'run `npm run docs:cli`');
  });

  for (const command of commands) {
    it(`gives examples of ${command.name} that it takes, and a help that names every flag`, async () => {
      for (const { command: line } of command.examples) {
        const [program, name, ...words] = wordsOf(line);
        assert.deepEqual([program, name], ['synod', command.name]);
        parseArguments(command, words);
      }
      const help = await commandHelp(command, 100);
      for (const [name, { hidden }] of flagsOf(command)) {
        assert.equal(new RegExp(`^ {2}--(no-)?${name}\\b`, 'm').test(help), !hidden, name);
      }
      const words = help.replace(/\s+/g, ' ');
      for (const [name, { names, defaultText, fallback, kind }] of flagsOf(command)) {
        for (const one of (await names?.()) ?? []) assert.ok(words.includes(one), `--${name}: ${one}`);
        const plain = typeof fallback === 'object' ? undefined : (fallback as string | number | undefined);
        const stated = kind === 'value' ? (defaultText ?? plain) : undefined;
        if (stated !== undefined) assert.ok(words.includes(String(stated)), `--${name}: ${stated}`);
      }
      assert.ok(command.examples.length > 0, 'an example');
      assert.ok(
        help.split('\n').every((line) => line.length <= 100 || line.startsWith('  synod ')),
        help,
      );
    });
  }

  it('takes every command line of README and docs', () => {
    const pages = [
      'README.md',
      ...['cli', 'data', 'backends', 'operations', 'testnet', 'aggregation', 'first-run'].map(
        (name) => `docs/${name}.md`,
      ),
    ];
    let seen = 0;
    for (const page of pages) {
      const text = readFileSync(new URL(page, ROOT), 'utf8').replaceAll('\\\n', ' ');
      for (const [block = ''] of text.matchAll(/^```sh[^\n]*\n[^]*?^```/gm)) {
        for (const [, line = ''] of block.matchAll(/^(?:npx )?synod ([a-z][^\n|;&>#]*)/gm)) {
          if (/\.\.\.|\bflags\]/.test(line)) continue;
          const [name = '', ...words] = wordsOf(line);
          const command = commands.find((one) => one.name === name);
          assert.ok(command !== undefined, `${page}: ${line}`);
          if (words.includes('--help')) continue;
          assert.doesNotThrow(() => parseArguments(command, words), `${page}: ${line}`);
          seen += 1;
        }
      }
    }
    assert.ok(seen > 30, `${seen} command lines`);
  });

  it('suggests the command that was meant, and lists them where none is given', () => {
    assert.throws(
      () => findInvocation(commands, ['aggregat'], '1'),
      /no command aggregat \(did you mean aggregate\?\)$/,
    );
    assert.throws(() => findInvocation(commands, ['verifyrun'], '1'), /\(did you mean verify-run\?\)$/);
    assert.throws(() => findInvocation(commands, ['qqq'], '1'), /`synod --help` lists them$/);
    assert.throws(() => findInvocation(commands, [], '1'), /^OperatorError: name a command: aggregate, /);
    assert.throws(() => findInvocation(commands, ['--json'], '1'), /name a command before --json/);
  });

  it('ends with 2 and one sentence as a process too', async () => {
    const { code, stdout, stderr } = await runSynod(['plan', '--peers', '10', '--byzantin', '2']);
    assert.equal(code, 2);
    assert.equal(stdout, '');
    assert.equal(stderr, 'synod: plan has no flag --byzantin (did you mean --byzantine?)\n');
  });
});
