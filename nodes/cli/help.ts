/** Help as text: of the program, and of one command. */
import type { AnyCommand } from './command.ts';
import {
  describeArguments,
  describeCommonFlags,
  describeFlags,
  usageLine,
  type FlagDescription,
} from './describe-flags.ts';

const WIDEST_COLUMNS = 110;
const WIDEST_NAME_COLUMNS = 26;

export function helpWidth(columns: number | undefined): number {
  return Math.max(60, Math.min(WIDEST_COLUMNS, columns ?? WIDEST_COLUMNS));
}

export function programHelp(commands: readonly AnyCommand[], width: number): string {
  const shown = commands.filter(({ hidden }) => hidden !== true);
  const rows = shown.map(({ name, summary }) => [name, summary] as const);
  return [
    'synod COMMAND: peer-to-peer training that survives bad peers',
    '',
    ...table(rows, width),
    '',
    'synod COMMAND --help tells what a command takes, with examples; docs/cli.md holds all of it on one page.',
    'synod --version prints the version.',
    '',
  ].join('\n');
}

export async function commandHelp(command: AnyCommand, width: number): Promise<string> {
  const places = await describeArguments(command);
  const flags = [...(await describeFlags(command)), ...(await describeCommonFlags())];
  const section = (title: string, rows: readonly FlagDescription[]) =>
    rows.length === 0
      ? []
      : [
          '',
          title,
          ...table(
            rows.map((row) => [row.usage, sentence(row)]),
            width,
          ),
        ];
  return [
    ...wrapped(usageLine(command), width, '    '),
    '',
    ...wrapped(upperFirst(`${command.summary}.`), width),
    ...(command.details === undefined ? [] : wrapped(command.details, width)),
    ...section('Arguments', places),
    ...section('Flags', flags),
    '',
    command.examples.length === 1 ? 'Example' : 'Examples',
    ...command.examples.flatMap(({ command: line, about }) => [
      `  ${line}`,
      ...wrapped(about, width - 6).map((text) => `      ${text}`),
    ]),
    '',
  ].join('\n');
}

/** What a row of the table says: the sentence, the list of names, whether it must be given, the default. */
export function sentence({ about, names, required, fallback }: FlagDescription): string {
  const list = names === undefined ? '' : `: ${names.join(', ')}`;
  const ending = required ? ' (must be given)' : fallback === undefined ? '' : ` (default: ${fallback})`;
  return about + list + ending;
}

function table(rows: readonly (readonly [string, string])[], width: number): string[] {
  const column = Math.min(WIDEST_NAME_COLUMNS, Math.max(...rows.map(([name]) => name.length))) + 2;
  return rows.flatMap(([name, text]) => {
    const lines = wrapped(text, width - column - 2);
    const begin = `  ${name}`;
    const fits = name.length < column;
    return [
      ...(fits ? [] : [begin]),
      ...lines.map((line, i) => (fits && i === 0 ? begin.padEnd(column + 2) : ' '.repeat(column + 2)) + line),
    ];
  });
}

/** Lines of at most `width` characters, cut between words; further ones begin with `indent`. */
function wrapped(text: string, width: number, indent = ''): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = indent + word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line];
}

function upperFirst(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
