/** What a flag names: a data set or a model, by its name, by a path, or by a JSON object as in an experiment file. */
import { invalidField } from '../src/foundation/operator-error.ts';

/** A name or a path as it is; text that begins with a brace is a JSON object. */
export function fromFlag(text: string, flag: string): unknown {
  if (!text.trimStart().startsWith('{')) return text;
  try {
    return JSON.parse(text);
  } catch {
    throw invalidField(flag, 'be a name or a JSON object', text);
  }
}
