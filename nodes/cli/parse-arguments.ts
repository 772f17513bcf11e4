/**
 * Turns the words of a command line into the values of a command. Node's own `parseArgs` cuts them (`--flag=value`,
 * `-f 1`, `--`); what is missing, unknown, doubled or of the wrong kind is told here, in one sentence.
 */
import { parseArgs } from 'node:util';
import { nearestName } from '../../src/foundation/nearest-name.ts';
import { OperatorError } from '../../src/foundation/operator-error.ts';
import { flagsOf, type AnyCommand } from './command.ts';
import type { Flag } from './flag.ts';

interface OptionToken {
  readonly kind: 'option';
  readonly name: string;
  readonly rawName: string;
  readonly index: number;
  readonly value: string | undefined;
  readonly inlineValue: boolean | undefined;
}

type Token =
  | OptionToken
  | { readonly kind: 'positional'; readonly index: number; readonly value: string }
  | { readonly kind: 'option-terminator'; readonly index: number };

/** By name in camel case. Throws an OperatorError. */
export function parseArguments(command: AnyCommand, words: readonly string[]): Record<string, unknown> {
  const reader = new Reader(command, words);
  for (const token of tokensOf(command, words)) reader.take(token);
  return reader.values();
}

function tokensOf(command: AnyCommand, words: readonly string[]): readonly Token[] {
  const options = Object.fromEntries(
    [...flagsOf(command)].map(([name, { kind }]) => [
      name,
      {
        type: kind === 'toggle' ? ('boolean' as const) : ('string' as const),
        ...(name.length === 1 ? { short: name } : {}),
      },
    ]),
  );
  const args = withBareValues(command, words);
  return parseArgs({ args, options, strict: false, allowPositionals: true, tokens: true }).tokens;
}

/** Flags whose value may be left out, with the one that they then have. */
function withBareValues(command: AnyCommand, words: readonly string[]): string[] {
  const bare = new Map([...flagsOf(command)].map(([name, flag]) => [`--${name}`, flag.bare]));
  const end = words.indexOf('--');
  return words.map((word, i) => {
    const value = bare.get(word);
    const next = words[i + 1];
    const isLeftOut = next === undefined || next.startsWith('-');
    return value !== undefined && isLeftOut && (end < 0 || i < end) ? `${word}=${value}` : word;
  });
}

class Reader {
  private readonly command: AnyCommand;
  private readonly words: readonly string[];
  private readonly flags: ReadonlyMap<string, Flag<unknown>>;
  /** What was read for each flag, with the text that it was read from. */
  private readonly given = new Map<string, { readonly text: string; readonly value: unknown }[]>();
  private readonly positionals: string[] = [];
  /** The list that further words belong to. */
  private openList: string | undefined;

  constructor(command: AnyCommand, words: readonly string[]) {
    this.command = command;
    this.words = words;
    this.flags = flagsOf(command);
  }

  take(token: Token): void {
    if (token.kind === 'option') this.option(token);
    else if (token.kind === 'option-terminator') this.openList = undefined;
    else this.positional(token.value);
  }

  values(): Record<string, unknown> {
    const named = { ...this.positionalValues() };
    const missing: string[] = [];
    for (const [name, flag] of this.flags) {
      const found = this.given.get(name)?.map(({ value }) => value) ?? [];
      if (found.length === 0 && flag.required) missing.push(`--${name} ${flag.placeholder}`);
      const value = flag.kind === 'list' ? found : found.at(-1);
      named[camel(name)] = found.length === 0 ? flag.fallback : value;
    }
    if (missing.length > 0) throw this.refusal(`needs ${missing.join(' and ')}`);
    return named;
  }

  private option(token: OptionToken): void {
    this.openList = undefined;
    const negated = token.name.startsWith('no-') ? this.flags.get(token.name.slice(3)) : undefined;
    const flag = this.flags.get(token.name) ?? negated;
    if (flag === undefined) throw this.unknown(token);
    const shown = token.rawName;
    if (flag === negated) {
      if (flag.kind !== 'toggle') {
        throw this.refusal(
          `has no ${shown}: --${token.name.slice(3)} takes a value and cannot be switched off`,
        );
      }
      if (token.value !== undefined) throw new OperatorError(`${shown} takes no value, got "${token.value}"`);
      return this.keep(token.name.slice(3), flag, shown, false);
    }
    if (flag.kind === 'toggle') {
      return this.keep(
        token.name,
        flag,
        shown,
        token.value === undefined ? true : flag.read(token.value, shown),
      );
    }
    const value = this.valueFor(token, flag);
    this.keep(token.name, flag, value, flag.read(value, shown));
    if (flag.kind === 'list' && Object.keys(this.command.arguments).length === 0) this.openList = token.name;
  }

  private valueFor({ rawName, value, inlineValue }: OptionToken, { placeholder }: Flag<unknown>): string {
    if (value === undefined) throw new OperatorError(`${rawName} needs a value: ${rawName} ${placeholder}`);
    if (inlineValue !== true && /^-(-|[a-z])/i.test(value)) {
      throw new OperatorError(
        `${rawName} needs a value, but ${value} follows it` +
          ` (a value that begins with a dash is written ${rawName}=${value})`,
      );
    }
    return value;
  }

  private keep(name: string, flag: Flag<unknown>, text: string, value: unknown): void {
    const before = this.given.get(name) ?? [];
    const [first] = before;
    if (first !== undefined && flag.kind === 'value') {
      throw new OperatorError(`--${name} must be given once, got "${first.text}" and "${text}"`);
    }
    if (first !== undefined && flag.kind === 'toggle' && first.value !== value) {
      throw new OperatorError(`--${name} must be on or off, got ${first.text} and ${text}`);
    }
    this.given.set(name, [...before, { text, value }]);
  }

  private positional(value: string): void {
    const list = this.openList === undefined ? undefined : this.flags.get(this.openList);
    if (this.openList !== undefined && list !== undefined) {
      this.keep(this.openList, list, value, list.read(value, `--${this.openList}`));
    } else this.positionals.push(value);
  }

  private positionalValues(): Record<string, unknown> {
    const values: Record<string, unknown> = {};
    const places = Object.entries(this.command.arguments);
    let next = 0;
    for (const [name, argument] of places) {
      const shown = argument.placeholder;
      const own =
        argument.kind === 'list' ? this.positionals.slice(next) : this.positionals.slice(next, next + 1);
      next += own.length;
      if (own.length === 0 && argument.required) {
        throw this.refusal(`needs ${shown}: ${argument.about}`);
      }
      const read = own.map((word) => argument.read(word, shown));
      values[name] = argument.kind === 'list' ? read : own.length === 0 ? argument.fallback : read[0];
    }
    const [extra] = this.positionals.slice(next);
    if (extra !== undefined) {
      const taken =
        places.length === 0
          ? 'no argument'
          : `only ${places.map(([, { placeholder }]) => placeholder).join(' and ')}`;
      throw this.refusal(`takes ${taken} besides its flags, got also "${extra}"`);
    }
    return values;
  }

  private unknown({ index, name, rawName }: OptionToken): OperatorError {
    const known = [...this.flags].filter(([, { hidden }]) => !hidden).map(([flag]) => flag);
    // one dash and several letters are read as several flags of one letter
    const whole = /^-[a-z][a-z-]+/i.exec(this.words[index] ?? '')?.[0];
    const written = rawName.startsWith('--') ? rawName : (whole ?? rawName);
    const plain = written.replace(/^-+/, '');
    const negated = name.startsWith('no-') ? known.map((flag) => `no-${flag}`) : [];
    const meant = nearestName(plain, [...known, ...negated]);
    const hint = meant === undefined ? '' : ` (did you mean --${meant}?)`;
    const help = hint === '' ? `; \`synod ${this.command.name} --help\` lists them` : hint;
    return new OperatorError(`${this.command.name} has no flag ${written}${help}`);
  }

  private refusal(what: string): OperatorError {
    return new OperatorError(`${this.command.name} ${what} (see \`synod ${this.command.name} --help\`)`);
  }
}

function camel(name: string): string {
  return name.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

/** Whether the words ask for help: the flag stands anywhere before `--`. */
export function asksForHelp(words: readonly string[]): boolean {
  const end = words.indexOf('--');
  const flags = end < 0 ? words : words.slice(0, end);
  return flags.includes('--help') || flags.includes('-h');
}
