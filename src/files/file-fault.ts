/** A file or folder that cannot be had, as one sentence: what was wanted, of which path, and why it cannot be. */
import { lstatSync, statSync, type Stats } from 'node:fs';
import { dirname, isAbsolute } from 'node:path';
import { OperatorError, reasonOf } from '../foundation/operator-error.ts';
import { meaningOf, systemCodeOf } from '../foundation/system-fault.ts';

export type FileAction = 'read' | 'write' | 'make the folder';

/** `cannot write nodir/x.npy: the folder nodir does not exist`. Passes on what is an OperatorError already. */
export function fileFault(error: unknown, action: FileAction, path: string): OperatorError {
  if (error instanceof OperatorError) return error;
  return new OperatorError(`cannot ${action} ${shown(path)}: ${reasonFor(error, action, path)}`, {
    cause: error,
  });
}

/** Runs an action of the file system and turns its failure into a sentence. */
export function attempt<T>(action: FileAction, path: string, run: () => T): T {
  try {
    return run();
  } catch (error) {
    throw fileFault(error, action, path);
  }
}

function reasonFor(error: unknown, action: FileAction, path: string): string {
  if (path === '') return 'the name is empty';
  if (path.includes('\0')) return 'the name holds a NUL character';
  const code = systemCodeOf(error);
  if (code === undefined) return reasonOf(error);
  const folder = dirname(path);
  switch (code) {
    case 'ENOENT':
      return `${missing(path, folder)}${tildeHint(path)}`;
    case 'ENOTDIR':
      return `${nearestOther(folder) ?? folder} is a file and no folder`;
    case 'EEXIST':
      return action === 'make the folder'
        ? `${nearestOther(path) ?? path} is a file and no folder`
        : meaningOf(code);
    case 'EACCES':
    case 'EPERM':
      return action === 'read'
        ? 'this user may not read it'
        : `this user may not write in the folder ${nearestExisting(folder)}`;
    case 'EROFS':
      return `the folder ${nearestExisting(folder)} is on a read-only file system`;
    case 'ENAMETOOLONG':
      return `${meaningOf(code)} (${Buffer.byteLength(path)} bytes; file systems take 255 a part)`;
    case 'ENOSPC':
    case 'EDQUOT':
      return `${meaningOf(code)} (what is not written is lost: make room there, or name a place on another disk)`;
    default:
      return meaningOf(code);
  }
}

function missing(path: string, folder: string): string {
  if (!isAbsolute(path) && isCurrentFolderGone()) return 'the current folder does not exist any more';
  const top = firstMissing(folder);
  if (top !== undefined) return `the folder ${top} does not exist`;
  const isLink = lstatOf(path)?.isSymbolicLink() === true;
  return isLink ? 'it is a link that leads nowhere' : 'it does not exist';
}

function isCurrentFolderGone(): boolean {
  try {
    process.cwd();
    return false;
  } catch {
    return true;
  }
}

/** The shell expands a tilde only where it begins a word that is not quoted. */
function tildeHint(path: string): string {
  return path.startsWith('~') ? ' (the shell did not expand ~ here: write the path out, or use $HOME)' : '';
}

/** The uppermost folder of a path that is not there. */
function firstMissing(folder: string): string | undefined {
  if (statOf(folder) !== undefined) return undefined;
  const above = dirname(folder);
  return above === folder ? folder : (firstMissing(above) ?? folder);
}

export function nearestExisting(folder: string): string {
  const above = dirname(folder);
  return statOf(folder) !== undefined || above === folder ? folder : nearestExisting(above);
}

/** The part of a path that is there and no folder. */
function nearestOther(path: string): string | undefined {
  const status = statOf(path);
  if (status !== undefined) return status.isDirectory() ? undefined : path;
  const above = dirname(path);
  return above === path ? undefined : nearestOther(above);
}

export function statOf(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}

export function lstatOf(path: string): Stats | undefined {
  try {
    return lstatSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}

const LONGEST_PATH_CHARS = 200;

function shown(path: string): string {
  const text = path === '' ? '""' : path.replaceAll('\0', '\\0');
  return text.length > LONGEST_PATH_CHARS ? `${text.slice(0, LONGEST_PATH_CHARS)}...` : text;
}
