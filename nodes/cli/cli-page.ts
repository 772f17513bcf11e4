/** docs/cli.md: the help of every command as one Markdown page. */
import type { AnyCommand } from './command.ts';
import {
  describeArguments,
  describeCommonFlags,
  describeFlags,
  usageLine,
  type FlagDescription,
} from './describe-flags.ts';

export async function cliPage(commands: readonly AnyCommand[]): Promise<string> {
  const shown = commands.filter(({ hidden }) => hidden !== true);
  const pages = await Promise.all(shown.map(commandSection));
  return [
    '# The command line',
    '',
    '`npm run docs:cli` writes this page from the flags that the commands declare (`nodes/commands/`); a test compares the two.',
    '',
    'Flags are written `--flag value` or `--flag=value`, switches `--json`, `--no-json` or `--json=false`; `--` ends the flags.',
    'Numbers are decimal (`1e3` is 1000). Seeds are `7`, `1,5,9` or `1..3`, both ends included. A fault of what was given is',
    'one sentence and exit code 2; a check that failed, or a fault of ours, is exit code 1; 130, 143 and 129 are SIGINT,',
    'SIGTERM and SIGHUP; 141 is a reader of the output that went away. Every command also takes:',
    '',
    ...rows('flag', await describeCommonFlags()),
    '',
    '| command | for |',
    '|---|---|',
    ...shown.map(({ name, summary }) => `| [${name}](#synod-${name}) | ${cell(summary)} |`),
    '',
    pages.join('\n'),
  ].join('\n');
}

async function commandSection(command: AnyCommand): Promise<string> {
  const places = await describeArguments(command);
  const flags = await describeFlags(command);
  return [
    `## synod ${command.name}`,
    '',
    `${command.summary.charAt(0).toUpperCase()}${command.summary.slice(1)}.${command.details === undefined ? '' : ` ${command.details}`}`,
    '',
    '```',
    usageLine(command),
    '```',
    '',
    ...(places.length === 0 ? [] : [...rows('argument', places), '']),
    ...(flags.length === 0 ? [] : [...rows('flag', flags), '']),
    '```sh manual: examples to change, a test parses every one',
    ...command.examples.flatMap(({ command: line, about }) => [`# ${about}`, line]),
    '```',
    '',
  ].join('\n');
}

function rows(title: string, flags: readonly FlagDescription[]): string[] {
  return [
    `| ${title} | what it says | default |`,
    '|---|---|---|',
    ...flags.map(({ usage, about, names, required, fallback }) => {
      const list = names === undefined ? '' : `: ${names.map((name) => `\`${name}\``).join(', ')}`;
      const given = required ? 'must be given' : fallback === undefined ? '' : fallback;
      return `| \`${cell(usage)}\` | ${cell(about + list)} | ${cell(given)} |`;
    }),
  ];
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}
