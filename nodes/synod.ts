#!/usr/bin/env node
/** The `synod` command: finds the subcommand, turns faults into one sentence and an exit code. */
import '../src/foundation/polyfill.ts';
import yargs from 'yargs';
import { hideBin } from 'yargs/helpers';
import { invalidField, OperatorError } from '../src/foundation/operator-error.ts';
import { commands } from './commands/all.ts';

/** yargs reads a number option's text as NaN where it is none, and says nothing. */
function refuseNoNumbers(argv: Readonly<Record<string, unknown>>): true {
  const wrong = Object.keys(argv).find((name) => Number.isNaN(argv[name]));
  if (wrong === undefined) return true;
  const flag = wrong.length === 1 ? `-${wrong}` : `--${wrong}`;
  const at = process.argv.findIndex((text) => text === flag || text.startsWith(`${flag}=`));
  const text = process.argv[at]?.slice(flag.length + 1);
  throw invalidField(flag, 'be a number', text === '' ? process.argv[at + 1] : text);
}

try {
  await yargs(hideBin(process.argv))
    .scriptName('synod')
    .usage('$0 <command>: peer-to-peer training that survives bad peers')
    .command([...commands])
    .demandCommand(1, 'Name a command; `synod --help` lists them.')
    .strictCommands()
    .strict()
    .check(refuseNoNumbers)
    .help()
    .wrap(Math.min(110, process.stdout.columns || 110))
    .exitProcess(false)
    .fail((message: string | null, error: Error | undefined) => {
      throw error ?? new OperatorError(message ?? 'unknown fault');
    })
    .parseAsync();
} catch (error) {
  const { name, message, stack, exitCode } = error as Error & { readonly exitCode?: number };
  const isOurs = exitCode === undefined && name !== 'YError';
  process.stderr.write(`synod: ${isOurs ? (stack ?? message) : message}\n`);
  process.exitCode = isOurs ? 1 : (exitCode ?? 2);
}

// All that is ours is closed here; timers that libraries leave behind (libp2p's last for two seconds) are not waited for.
await Promise.all(
  [process.stdout, process.stderr].map((stream) => new Promise((done) => stream.write('', done))),
);
process.exit();
