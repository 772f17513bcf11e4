#!/usr/bin/env node
/** The `synod` command: finds the subcommand, turns faults into one sentence and an exit code. */
import '../src/foundation/polyfill.ts';
import yargs from 'yargs';
import { hideBin } from 'yargs/helpers';
import { OperatorError } from '../src/foundation/operator-error.ts';
import { commands } from './commands/all.ts';

try {
  await yargs(hideBin(process.argv))
    .scriptName('synod')
    .usage('$0 <command>: peer-to-peer training that survives bad peers')
    .command([...commands])
    .demandCommand(1, 'Name a command; `synod --help` lists them.')
    .strict()
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
