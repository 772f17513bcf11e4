/** What `synod` does with its words: finds the command, prints help, runs it. Faults are thrown. */
import { didYouMean } from '../../src/foundation/nearest-name.ts';
import { OperatorError } from '../../src/foundation/operator-error.ts';
import { COMMON_FLAGS, type AnyCommand, type ValuesFor } from './command.ts';
import { cliPage } from './cli-page.ts';
import { commandHelp, helpWidth, programHelp } from './help.ts';
import { asksForHelp, parseArguments } from './parse-arguments.ts';

export interface Invocation {
  readonly command: AnyCommand | undefined;
  readonly run: () => Promise<void>;
}

/** Finds out what is asked for; nothing is done before `run`. Throws an OperatorError where it cannot be known. */
export function findInvocation(
  commands: readonly AnyCommand[],
  words: readonly string[],
  version: string,
): Invocation {
  const at = words.findIndex((word) => !word.startsWith('-'));
  const name = words[at];
  if (name === undefined) return withoutCommand(commands, words, version);
  if (name === 'help') return helpOn(commands, words.slice(at + 1));
  const command = commands.find((one) => one.name === name);
  if (command === undefined) throw unknownCommand(commands, name);
  const rest = [...words.slice(0, at), ...words.slice(at + 1)];
  if (asksForHelp(rest)) return { command, run: async () => print(await commandHelp(command, width())) };
  return { command, run: () => runCommand(command, rest) };
}

/** Runs one command on the words that follow its name. */
export function runCommand<C extends AnyCommand>(command: C, words: readonly string[]): Promise<void> {
  return command.run(parseArguments(command, words) as ValuesFor<AnyCommand>);
}

export function isVerbose(words: readonly string[]): boolean {
  return words.includes(`--${Object.keys(COMMON_FLAGS)[0]}`);
}

function withoutCommand(
  commands: readonly AnyCommand[],
  words: readonly string[],
  version: string,
): Invocation {
  if (words.includes('--version')) return { command: undefined, run: () => print(`${version}\n`) };
  if (asksForHelp(words)) return { command: undefined, run: () => print(programHelp(commands, width())) };
  const [flag] = words;
  const names = commands.filter(({ hidden }) => hidden !== true).map(({ name }) => name);
  throw new OperatorError(
    flag === undefined
      ? `name a command: ${names.join(', ')}; \`synod --help\` says what each is for`
      : `name a command before ${flag}; \`synod --help\` lists them`,
  );
}

/** `synod help`, `synod help COMMAND`, and `synod help --page` for docs/cli.md. */
function helpOn(commands: readonly AnyCommand[], words: readonly string[]): Invocation {
  const [name] = words;
  if (name === '--page') return { command: undefined, run: async () => print(await cliPage(commands)) };
  if (name === undefined) return { command: undefined, run: () => print(programHelp(commands, width())) };
  const command = commands.find((one) => one.name === name);
  if (command === undefined) throw unknownCommand(commands, name);
  return { command, run: async () => print(await commandHelp(command, width())) };
}

function unknownCommand(commands: readonly AnyCommand[], name: string): OperatorError {
  const names = commands.filter(({ hidden }) => hidden !== true).map((command) => command.name);
  const hint = didYouMean(name, names);
  return new OperatorError(
    `there is no command ${name}${hint === '' ? '; `synod --help` lists them' : hint}`,
  );
}

function width(): number {
  return helpWidth(process.stdout.columns);
}

function print(text: string): Promise<void> {
  process.stdout.write(text);
  return Promise.resolve();
}
