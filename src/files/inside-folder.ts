/**
 * Names of files that a file of unknown origin gives (the weights of a model, the data of an experiment): they stay in
 * their folder, also where a link would lead out of it, so that nobody's description reads other files of this machine.
 */
import { realpathSync } from 'node:fs';
import { join, sep } from 'node:path';
import { invalidField } from '../foundation/operator-error.ts';
import { attempt } from './file-fault.ts';
import { checkRegular } from './regular-file.ts';

export const INSIDE_RULE = 'be a relative path without . and ..';

/** Whether a name is a path below its folder on every system, links aside. */
export function isInsideName(name: string): boolean {
  const parts = name.split(/[\\/]/);
  return !parts.some((part) => part === '' || part === '.' || part === '..' || /[:\0]/.test(part));
}

/** The path of a regular file; `field` is what holds the name. Throws OperatorError where it leads out of the folder. */
export function fileInside(folder: string, name: string, field: string): string {
  if (!isInsideName(name)) throw invalidField(field, INSIDE_RULE, name);
  const path = join(folder, name);
  checkInside(folder, path);
  return path;
}

/** As fileInside, of a path that was found below the folder. */
export function checkInside(folder: string, path: string): void {
  checkRegular(path);
  const [root, target] = [folder, path].map((one) =>
    attempt('read', path, () => realpathSync(one === '' ? '.' : one)),
  ) as [string, string];
  const below = root.endsWith(sep) ? root : root + sep;
  if (!target.startsWith(below)) {
    throw invalidField(path, `stay in the folder ${folder === '' ? '.' : folder} after links`, target);
  }
}
