/** Every command with the faults that operators make most: one sentence, exit code 2, no stack and no bare error code. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { flagsOf, type AnyCommand } from '../../../nodes/cli/command.ts';
import { reportFault } from '../../../nodes/cli/fault-report.ts';
import { findInvocation } from '../../../nodes/cli/program.ts';
import { commands } from '../../../nodes/commands/all.ts';

const STACK = /\n\s+at /;
const ERROR_CODE = /\bE(NOENT|ISDIR|NOTDIR|ACCES|PERM|LOOP|INVAL|EXIST|NOSPC|IO)\b/;

/** Runs a command as the program does, in this process, and gives what it would end with. */
async function endOf(
  words: readonly string[],
): Promise<{ readonly text: string; readonly exitCode: number }> {
  try {
    await findInvocation(commands, words, '1').run();
  } catch (error) {
    return reportFault(error, { verbose: false, versions: 'of a test' });
  }
  return { text: '', exitCode: 0 };
}

async function refused(words: readonly string[], sentence: RegExp): Promise<void> {
  const { text, exitCode } = await endOf(words);
  const line = `synod ${words.join(' ')}: ${text}`;
  assert.equal(exitCode, 2, line);
  assert.match(text, sentence, line);
  assert.doesNotMatch(text, STACK, line);
  assert.doesNotMatch(text, ERROR_CODE, line);
  assert.equal(text.split('\n').length, 1, `one line: ${line}`);
}

describe('every command', () => {
  const folder = mkdtempSync(join(tmpdir(), 'synod-faults-'));
  const at = (name: string): string => join(folder, name);
  after(() => rmSync(folder, { recursive: true, force: true }));

  for (const command of commands) {
    it(`${command.name} says what is wrong with its words`, async () => {
      await refused([command.name, '--nonsense'], /has no flag --nonsense/);
      for (const [name, flag] of flagsOf(command)) {
        if (flag.kind === 'toggle') continue;
        if (command.flags[camel(name)] !== undefined && 'bare' in flag) continue; // it may stand alone
        await refused([command.name, `--${name}`], new RegExp(`^--${name} needs a value`));
      }
      const [first] = Object.values(command.arguments);
      if (first?.required === true) {
        await refused([command.name], new RegExp(`^${command.name} needs ${first.placeholder}: `));
      }
      if (Object.keys(command.arguments).length === 0) {
        await refused(
          [command.name, 'besides', ...requiredOf(command)],
          /takes no argument besides its flags/,
        );
      }
    });
  }

  /** What is read, of every command that reads something. */
  const READERS: Readonly<Record<string, (name: string) => string[]>> = {
    aggregate: (name) => [
      'aggregate',
      '--rule',
      'mean',
      '--f',
      '0',
      '--out',
      at('out.npy'),
      at(`${name}.npy`),
    ],
    check: (name) => ['check', at(`${name}.yaml`)],
    evaluate: (name) => ['evaluate', at(`${name}.safetensors`)],
    explain: (name) => ['explain', 'last', '--run', at(name)],
    export: (name) => ['export', at(`${name}.safetensors`), '--out', at('out')],
    observe: (name) => ['observe', at(name)],
    peer: (name) => ['peer', '--dir', at('peer'), '--experiment', at(`${name}.yaml`)],
    report: (name) => ['report', at(name), '--out', at('report.html')],
    simulate: (name) => ['simulate', '--quiet', '--dir', at('run'), '--experiment', at(`${name}.yaml`)],
    sweep: (name) => ['sweep', at(`${name}.yaml`), '--out', at('sweep')],
    'verify-run': (name) => ['verify-run', at(name)],
    why: (name) => ['why', 'abc', '--run', at(name)],
  };
  const ENDINGS = ['.npy', '.yaml', '.safetensors', ''];

  before(() => {
    for (const ending of ENDINGS) {
      mkdirSync(at(`folder${ending}`));
      writeFileSync(at(`empty${ending}`), '');
      writeFileSync(at(`page${ending}`), '<!DOCTYPE html><html><body>404</body></html>');
      if (process.platform !== 'win32') symlinkSync(at(`loop${ending}`), at(`loop${ending}`));
    }
  });

  for (const [name, wordsFor] of Object.entries(READERS)) {
    it(`${name} says what is wrong with what it reads`, async function () {
      this.timeout(60_000);
      // a folder is what those that take one expect, and an empty one holds no run
      const kinds = ['missing', 'folder', 'empty', 'page'];
      if (process.platform !== 'win32') kinds.push('loop'); // whoever asks, it cannot be read
      for (const kind of kinds) await refused(wordsFor(kind), new RegExp(`\\b${kind}\\b`));
    });
  }

  it('that reads data says where their folder is none', async function () {
    this.timeout(60_000);
    writeFileSync(at('grid.yml'), 'workers: 4\nexperiment: { rounds: 1 }\n');
    for (const words of [
      ['simulate', '--rounds', '1', '--dir', at('run')],
      ['sweep', at('grid.yml'), '--out', at('sweep')],
      ['reproduce', 'ctma-mnist', '--quick', '--out', at('sweep')],
    ]) {
      await refused([...words, '--data-dir', at('nodir')], /^--data-dir must name a folder that exists/);
      await refused([...words, '--data-dir', at('empty')], /^--data-dir must name a folder, but a file/);
    }
  });

  it('that makes something says where it cannot', async function () {
    this.timeout(60_000);
    writeFileSync(at('grid.yml'), 'workers: 4\nexperiment: { rounds: 1 }\n');
    for (const words of [
      ['init', '--dir', at('empty')],
      ['init', '--dir', join(at('empty'), 'below')],
      ['init', '--dir', at('x'.repeat(300))],
      ['sweep', at('grid.yml'), '--out', at('empty')],
      ['reproduce', 'ctma-mnist', '--quick', '--out', at('empty')],
      ['simulate', '--out', join(at('nowhere'), 'm.safetensors')],
      ['simulate', '--out', at('folder')],
      ['simulate', '--dir', at('empty'), '--rounds', '1', '--peers', '2', '--byzantine', '0'],
      // told before the data are looked for
      ['simulate', '--dir', at('empty'), '--data', 'mnist', '--data-dir', at('folder')],
      ['simulate', '--out', at('folder'), '--data', 'mnist', '--data-dir', at('folder.npy')],
    ]) {
      await refused(words, /\b(empty|nowhere|folder|x{40,})\b|too long/);
    }
  });
});

/** As they are typed, with values that are never read. */
function requiredOf(command: AnyCommand): string[] {
  return [...flagsOf(command)].flatMap(([name, flag]) => (flag.required ? [`--${name}`, '1'] : []));
}

function camel(name: string): string {
  return name.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
