/**
 * The flags of a command as data: each one's name, value, rule, default and sentence stand in one place, from which
 * come the parser, the TypeScript type, the help and the page docs/cli.md.
 */
import { didYouMean } from '../../src/foundation/nearest-name.ts';
import { invalidField } from '../../src/foundation/operator-error.ts';

/** `value`: one text; `list`: may be given several times; `toggle`: on or off. */
export type FlagKind = 'value' | 'list' | 'toggle';

/** `T`: what the command gets. Positional arguments are flags without dashes. */
export interface Flag<T> {
  readonly kind: FlagKind;
  readonly about: string;
  /** Stands for the value in help. */
  readonly placeholder: string;
  readonly required: boolean;
  /** Where the flag is not given. */
  readonly fallback: T;
  /** The default in words, where it is not the value itself or depends on the machine. */
  readonly defaultText: string | undefined;
  /** What is read where the flag is given without a value; a flag without this needs one. */
  readonly bare?: string;
  /** Left out of help. */
  readonly hidden: boolean;
  /** The values that there are; looked up only for help, since the lists live in heavy modules. */
  readonly names: (() => Promise<readonly string[]>) | undefined;
  /** One value from its text; throws an OperatorError that names the flag. */
  read(text: string, flag: string): unknown;
}

/** Of any type; for tables of flags. */
export type Flags = Readonly<Record<string, Flag<unknown>>>;

export type ValuesOf<F extends Flags> = {
  readonly [Name in keyof F]: F[Name] extends Flag<infer T> ? T : never;
};

interface Options<T> {
  readonly about: string;
  readonly placeholder?: string;
  readonly required?: true;
  readonly default?: T;
  readonly defaultText?: string;
  readonly hidden?: true;
  readonly names?: () => Promise<readonly string[]>;
}

/** A flag that must be given or has a default always has a value. */
type Given<T, O> = O extends { readonly required: true } | { readonly default: T } ? T : T | undefined;

/** A flag whose text a reader of its own turns into a value. */
export function readWith<T, const O extends Options<T>>(
  read: (text: string, flag: string) => T,
  options: O,
  placeholder = 'TEXT',
): Flag<Given<T, O>> {
  return {
    kind: 'value',
    about: options.about,
    placeholder: options.placeholder ?? placeholder,
    required: options.required ?? false,
    fallback: options.default as Given<T, O>,
    defaultText: options.defaultText,
    hidden: options.hidden ?? false,
    names: options.names,
    read,
  };
}

/** Any text but the empty one. */
export function text<const O extends Options<string>>(options: O): Flag<Given<string, O>> {
  return readWith<string, O>(notEmpty, options);
}

/** A text that may be empty. */
export function anyText<const O extends Options<string>>(options: O): Flag<Given<string, O>> {
  return readWith<string, O>((value) => value, options);
}

interface Range {
  readonly least?: number;
  readonly most?: number;
  /** The least value is itself left out. */
  readonly above?: number;
}

export function number<const O extends Options<number> & Range>(options: O): Flag<Given<number, O>> {
  const { least = -Infinity, most = Infinity, above = -Infinity } = options;
  const bounds = inWords('a number', options);
  return readWith<number, O>(
    (value, flag) => {
      const read = numberIn(value);
      if (read === undefined || read < least || read > most || read <= above) {
        throw invalidField(flag, `be ${bounds}`, value);
      }
      return read;
    },
    options,
    'NUMBER',
  );
}

export function integer<const O extends Options<number> & Range>(options: O): Flag<Given<number, O>> {
  const { least = Number.MIN_SAFE_INTEGER, most = Number.MAX_SAFE_INTEGER } = options;
  const bounds = inWords('a whole number', options);
  return readWith<number, O>(
    (value, flag) => {
      const read = numberIn(value);
      if (read === undefined || !Number.isSafeInteger(read) || read < least || read > most) {
        throw invalidField(flag, `be ${bounds}`, value);
      }
      return read;
    },
    options,
    'N',
  );
}

/** One of a few words. */
export function choice<const C extends string, const O extends Options<C>>(
  choices: readonly C[],
  options: O,
): Flag<Given<C, O>> {
  return readWith<C, O>(
    (value, flag) => {
      const found = choices.find((one) => one === value);
      if (found === undefined) {
        throw invalidField(flag, `be one of ${choices.join(', ')}`, value, didYouMean(value, choices));
      }
      return found;
    },
    options,
    choices.join('|'),
  );
}

/** On or off: `--json`, `--no-json`, `--json=false`. */
export function toggle(options: { readonly about: string; readonly default?: boolean }): Flag<boolean> {
  return {
    ...readWith<boolean, { about: string; default: boolean }>(
      (value, flag) => {
        if (['true', 'yes', 'on', '1'].includes(value)) return true;
        if (['false', 'no', 'off', '0'].includes(value)) return false;
        throw invalidField(flag, 'be given without a value, or be true or false', value);
      },
      { about: options.about, default: options.default ?? false },
      '',
    ),
    kind: 'toggle',
  };
}

/** May be given several times; without it the list is empty, or the default. */
export function list(options: Omit<Options<readonly string[]>, 'names'>): Flag<readonly string[]> {
  return {
    ...readWith<readonly string[], { about: string; default: readonly string[] }>(() => [], {
      ...options,
      default: options.default ?? [],
    }),
    kind: 'list',
    read: notEmpty,
  };
}

function notEmpty(value: string, flag: string): string {
  if (value.trim() === '') throw invalidField(flag, 'have a value that is not empty', value);
  return value;
}

/** Decimal digits as people write them, exponents too; no hexadecimal, no spaces, no infinity. */
function numberIn(value: string): number | undefined {
  if (!/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(value)) return undefined;
  const read = Number(value);
  return Number.isFinite(read) ? read : undefined;
}

function inWords(what: string, { least, most, above }: Range): string {
  if (least !== undefined && most !== undefined) return `${what} from ${least} to ${most}`;
  const bounds = [
    ...(above === undefined ? [] : [`above ${above}`]),
    ...(least === undefined ? [] : [`of at least ${least}`]),
    ...(most === undefined ? [] : [`of at most ${most}`]),
  ];
  return [what, ...bounds].join(' ');
}
