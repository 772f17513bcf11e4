/** Folders that a program makes, step by step: Node's own recursive mkdir never ends below /proc, and names no reason. */
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { OperatorError } from '../foundation/operator-error.ts';
import { systemCodeOf } from '../foundation/system-fault.ts';
import { fileFault, statOf } from './file-fault.ts';

export interface FolderOptions {
  /** Access bits of the folders that are made; 0777 less the umask unless given. */
  readonly mode?: number;
}

/** Makes a folder and those above it that are missing; one that is there is left as it is. Throws OperatorError. */
export function makeFolder(path: string, options: FolderOptions = {}): void {
  if (path === '') throw new OperatorError('cannot make the folder "": the name is empty');
  make(path, path, options.mode ?? 0o777);
}

function make(folder: string, wanted: string, mode: number): void {
  if (statOf(folder)?.isDirectory() === true) return;
  try {
    mkdirSync(folder, mode);
  } catch (error) {
    const above = dirname(folder);
    if (systemCodeOf(error) === 'EEXIST' && statOf(folder)?.isDirectory() === true) return;
    if (systemCodeOf(error) !== 'ENOENT' || above === folder || statOf(above) !== undefined) {
      throw fileFault(error, 'make the folder', wanted);
    }
    make(above, wanted, mode);
    make(folder, wanted, mode);
  }
}
