#!/usr/bin/env node
/** The `synod` command. */
import '../src/foundation/polyfill.ts';
import { endProcess, guardProcess, programVersion, sayFault } from './cli/process-end.ts';
import { findInvocation, isVerbose } from './cli/program.ts';
import { commands } from './commands/all.ts';

const words = process.argv.slice(2);
const verbose = isVerbose(words);
let outlivesTerminal = false;
guardProcess(() => ({ verbose, outlivesTerminal }));
try {
  const { command, run } = findInvocation(commands, words, programVersion());
  outlivesTerminal = command?.outlivesTerminal ?? false;
  await run();
} catch (error) {
  sayFault(error, verbose);
}
await endProcess();
