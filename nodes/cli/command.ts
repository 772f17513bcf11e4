/** A command of `synod` as data: what it takes, what it is for, and what it does. */
import { toggle, type Flags, type ValuesOf } from './flag.ts';

export interface Example {
  /** As it is typed. */
  readonly command: string;
  readonly about: string;
}

/** Every command has these. */
export const COMMON_FLAGS = {
  verbose: toggle({ about: 'also tell what goes on inside; of a fault of our own, where it happened' }),
} as const satisfies Flags;

export interface Command<Arguments extends Flags, Own extends Flags> {
  readonly name: string;
  /** One line, without a full stop. */
  readonly summary: string;
  /** What the line leaves out. */
  readonly details?: string;
  readonly examples: readonly [Example, ...Example[]];
  /** By position, in this order; only the last may be a list. */
  readonly arguments: Arguments;
  /** By name in camel case: `dataDir` is `--data-dir`. */
  readonly flags: Own;
  /** Left out of help. */
  readonly hidden?: true;
  /** Goes on when its terminal or the reader of its log is gone. */
  readonly outlivesTerminal?: true;
  run(values: ValuesOf<Arguments> & ValuesOf<Own> & ValuesOf<typeof COMMON_FLAGS>): Promise<void>;
}

export type AnyCommand = Command<Flags, Flags>;

/** Only types: the values that `run` gets follow from the flags. */
export function defineCommand<Arguments extends Flags, Own extends Flags>(
  command: Command<Arguments, Own>,
): Command<Arguments, Own> {
  return command;
}

/** What the command gets. */
export type ValuesFor<C> =
  C extends Command<infer Arguments, infer Own>
    ? ValuesOf<Arguments> & ValuesOf<Own> & ValuesOf<typeof COMMON_FLAGS>
    : never;

/** All flags of a command under the names that are typed, without the dashes. */
export function flagsOf(command: AnyCommand): ReadonlyMap<string, Flags[string]> {
  const all = { ...COMMON_FLAGS, ...command.flags };
  return new Map(Object.entries(all).map(([name, flag]) => [kebab(name), flag]));
}

/** `dataDir` as it is typed: `data-dir`. */
export function kebab(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
