/** What a flag names: a data set or a model, by its name, by a path, or by a JSON object as in an experiment file. */
import { FieldError, invalidField } from '../src/foundation/operator-error.ts';

/** A name or a path as it is; text that begins with a brace is a JSON object. */
export function fromFlag(text: string, flag: string): unknown {
  if (!text.trimStart().startsWith('{')) return text;
  try {
    return JSON.parse(text);
  } catch {
    throw invalidField(flag, 'be a name or a JSON object', text);
  }
}

/** Fields and the flags that filled them: `{ 'aggregation.base': '--base' }`. */
export type FilledByFlags = Readonly<Record<string, string>>;

/** The fault of a field that a flag filled names the flag; any other error comes back as it is. */
export function inFlags(error: unknown, filled: FilledByFlags): unknown {
  if (!(error instanceof FieldError)) return error;
  const { field, words } = error.fault;
  const [whole] = Object.keys(filled)
    .filter((name) => field === name || field.startsWith(`${name}.`) || field.startsWith(`${name}[`))
    .sort((a, b) => b.length - a.length);
  if (whole === undefined) return error;
  // the place in a list is no part of a flag: the value tells
  const below = field.slice(whole.length).replace(/^\[\d+\]/, '');
  return new FieldError({ field: `${filled[whole] ?? whole}${below}`, words });
}

/** Runs what reads values that flags filled; its faults name the flags. */
export async function withFlags<T>(filled: FilledByFlags, run: () => T | Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    throw inFlags(error, filled);
  }
}

/** The fields of a model and its data where flags name them. */
export function filledByModelFlags(flags: {
  readonly model?: string | undefined;
  readonly data?: string | undefined;
}): FilledByFlags {
  return {
    ...(flags.model === undefined ? {} : { model: '--model' }),
    ...(flags.data === undefined ? {} : { data: '--data' }),
  };
}
