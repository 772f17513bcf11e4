/** Looks at the place of an output before hours of work go into it: that it can be written, and eats no input. */
import {
  accessSync,
  closeSync,
  constants,
  lstatSync,
  openSync,
  readdirSync,
  realpathSync,
  statSync,
  writeSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { invalidField } from '../foundation/operator-error.ts';
import { attempt, lstatOf, nearestExisting, statOf } from './file-fault.ts';
import { makeFolder } from './folder.ts';
import { beginFile, endFile, removeFile } from './unfinished-files.ts';
import { nameBeside } from './whole-file.ts';

export interface OutputRules {
  /** The flag that names the output. */
  readonly field: string;
  /** Files that are read: the output must be none of them, by whatever name. */
  readonly inputs?: readonly string[];
  /** Folders whose files are all read: the output must not lie in one of them. */
  readonly inputFolders?: readonly string[];
}

/** Throws OperatorError where a file cannot be written at `path`, or must not be. */
export function checkOutputFile(path: string, { field, inputs = [], inputFolders = [] }: OutputRules): void {
  if (path === '') throw invalidField(field, 'name a file', path);
  if (path.endsWith('/')) throw invalidField(field, 'name a file, not a folder', path);
  const status = statOf(path);
  if (status?.isDirectory() === true) throw invalidField(field, 'name a file, but a folder lies there', path);
  if (status !== undefined && !status.isFile()) {
    throw invalidField(field, 'name a file, but a device, a pipe or a socket lies there', path);
  }
  if (status === undefined && lstatOf(path)?.isSymbolicLink() === true) {
    throw invalidField(field, 'name a file, but a link that leads nowhere lies there', path);
  }
  const read = [...inputs, ...inputFolders.flatMap(filesIn)];
  const eaten = status === undefined ? undefined : read.find((input) => isSameFile(input, path));
  if (eaten !== undefined) {
    const by = eaten === path ? '' : ` (it is the file ${eaten})`;
    throw invalidField(field, `be none of the inputs${by}, which it would overwrite`, path);
  }
  if (status !== undefined && !isWritable(path)) {
    throw invalidField(field, 'name a file that may be written over, but that one is write-protected', path);
  }
  const place = attempt('write', path, () => (status === undefined ? path : realpathSync(path)));
  const folder = inputFolders.find((input) => isSameFile(input, dirname(place)));
  if (folder !== undefined) {
    throw invalidField(field, `lie outside ${folder}, whose files are all inputs`, path);
  }
  tryToWrite(place, path);
}

/** Makes the folder of an output and tries to write in it. Throws OperatorError where that cannot be. */
export function makeOutputFolder(path: string, field: string): void {
  refuseOther(path, field);
  makeFolder(path);
  tryToWrite(join(path, basename(path)), path);
}

/** Looks whether a folder can be made and written in, and leaves nothing. Throws OperatorError where that cannot be. */
export function checkOutputFolder(path: string, field: string): void {
  refuseOther(path, field);
  const existing = nearestExisting(path);
  if (statOf(existing)?.isDirectory() !== true) {
    throw invalidField(field, `name a folder, but ${existing} is a file`, path);
  }
  tryToWrite(join(existing, basename(path)), path);
}

function refuseOther(path: string, field: string): void {
  if (path === '') throw invalidField(field, 'name a folder', path);
  const status = statOf(path);
  if (status !== undefined && !status.isDirectory()) {
    throw invalidField(field, 'name a folder, but a file lies there', path);
  }
}

const PROBE_BYTES = 4096;

/** Only writing tells: of rights, of read-only file systems and of full disks. */
function tryToWrite(place: string, shown: string): void {
  attempt('write', shown, () => lstatSync(place, { throwIfNoEntry: false })); // a name that is too long, say
  const probe = nameBeside(place);
  beginFile(probe);
  try {
    attempt('write', shown, () => {
      const descriptor = openSync(probe, 'wx');
      try {
        const written = writeSync(descriptor, new Uint8Array(PROBE_BYTES));
        if (written < PROBE_BYTES) throw Object.assign(new Error('the probe was cut'), { code: 'ENOSPC' });
      } finally {
        closeSync(descriptor);
      }
    });
  } finally {
    removeFile(probe);
    endFile(probe);
  }
}

/** Whether two paths lead to one file: through links, hard links, or another case where the system ignores it. */
function isSameFile(a: string, b: string): boolean {
  try {
    const [one, other] = [statSync(a, { bigint: true }), statSync(b, { bigint: true })];
    return one.dev === other.dev && one.ino === other.ino;
  } catch {
    return false;
  }
}

function filesIn(folder: string): string[] {
  try {
    return readdirSync(folder).map((name) => join(folder, name));
  } catch {
    return [];
  }
}

function isWritable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
