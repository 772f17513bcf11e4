/**
 * Names of files that a file of unknown origin gives: they stay in their folder. The weights of a model came with the file
 * that names them, so there a link must not lead out either; a folder of data is the operator's, and so are its links.
 */
import { realpathSync } from 'node:fs';
import { dirname, join, sep } from 'node:path';
import { invalidField } from '../foundation/operator-error.ts';
import { attempt } from './file-fault.ts';
import { checkRegular } from './regular-file.ts';

export const INSIDE_RULE = 'be a relative path without . and ..';

/** Whether a name is a path below its folder on every system, links aside. */
export function isInsideName(name: string): boolean {
  const parts = name.split(/[\\/]/);
  return !parts.some((part) => part === '' || part === '.' || part === '..' || /[:\0]/.test(part));
}

/**
 * The path of a regular file; `field` is what holds the name. Links may lead, out of the folder, to where `namedBy` itself
 * leads, the file that gives the name: a cache of downloads keeps such a folder as links to one other.
 * Throws OperatorError where it leads anywhere else.
 */
export function fileInside(folder: string, name: string, field: string, namedBy?: string): string {
  if (!isInsideName(name)) throw invalidField(field, INSIDE_RULE, name);
  const path = join(folder, name);
  checkRegular(path);
  const real = (one: string): string => attempt('read', path, () => realpathSync(one === '' ? '.' : one));
  const target = real(path);
  const folders = [real(folder), ...(namedBy === undefined ? [] : [dirname(real(namedBy))])];
  const isInside = folders.some((root) => target.startsWith(root.endsWith(sep) ? root : root + sep));
  if (!isInside) {
    throw invalidField(path, `stay in the folder ${folder === '' ? '.' : folder} after links`, target);
  }
  return path;
}
