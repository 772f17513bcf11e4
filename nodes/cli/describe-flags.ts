/** What help and the CLI page say of a command's flags: one description, which both lay out. */
import { kebab, COMMON_FLAGS, type AnyCommand } from './command.ts';
import type { Flag, Flags } from './flag.ts';

export interface FlagDescription {
  /** `--rule RULE`, `INPUTS...` or `--[no-]baselines`. */
  readonly usage: string;
  readonly required: boolean;
  readonly about: string;
  /** Undefined where there is none. */
  readonly fallback: string | undefined;
  /** Undefined where any value goes. */
  readonly names: readonly string[] | undefined;
}

export function describeArguments(command: AnyCommand): Promise<FlagDescription[]> {
  return describeAll(command.arguments, (_, flag) => flag.placeholder + (flag.kind === 'list' ? '...' : ''));
}

/** Without those that every command has. */
export function describeFlags(command: AnyCommand): Promise<FlagDescription[]> {
  return describeAll(command.flags, usageOf);
}

export function describeCommonFlags(): Promise<FlagDescription[]> {
  return describeAll(COMMON_FLAGS, usageOf);
}

/** `synod aggregate INPUTS... --rule RULE --f N --out FILE [flags]` */
export function usageLine(command: AnyCommand): string {
  const places = Object.values(command.arguments).map(
    ({ placeholder, kind }) => placeholder + (kind === 'list' ? '...' : ''),
  );
  const required = Object.entries(command.flags)
    .filter(([, flag]) => flag.required)
    .map(([name, flag]) => usageOf(name, flag));
  return ['synod', command.name, ...places, ...required, '[flags]'].join(' ');
}

function describeAll(
  flags: Flags,
  usage: (name: string, flag: Flag<unknown>) => string,
): Promise<FlagDescription[]> {
  return Promise.all(
    Object.entries(flags)
      .filter(([, { hidden }]) => !hidden)
      .map(async ([name, flag]) => ({
        usage: usage(name, flag),
        required: flag.required,
        about: flag.about,
        fallback: defaultOf(flag),
        names: await flag.names?.(),
      })),
  );
}

function usageOf(name: string, flag: Flag<unknown>): string {
  if (flag.kind !== 'toggle') return `--${kebab(name)} ${flag.placeholder}`;
  return flag.fallback === true ? `--no-${kebab(name)}` : `--${kebab(name)}`;
}

function defaultOf({ fallback, defaultText, kind }: Flag<unknown>): string | undefined {
  if (defaultText !== undefined) return defaultText;
  if (fallback === undefined || kind === 'toggle') return undefined;
  if (Array.isArray(fallback)) return fallback.length === 0 ? undefined : fallback.join(' ');
  return typeof fallback === 'string' ? fallback : JSON.stringify(fallback);
}
