/** A user's own task: the default export of a module, made by `defineTask`. It is code and runs with the peer's rights. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { OperatorError, invalidField } from '../foundation/operator-error.ts';
import type { Task } from './task.ts';

export async function openTaskModule(path: string): Promise<Task> {
  const file = resolve(path);
  if (!existsSync(file)) throw invalidField('the task module', 'exist', path);
  const { default: task } = await importModule(file, path);
  const fault = faultOf(task);
  if (fault !== undefined) throw new OperatorError(`the task module ${path} ${fault}`);
  return task as Task;
}

async function importModule(file: string, path: string): Promise<{ readonly default?: unknown }> {
  const { href } = pathToFileURL(file);
  try {
    return (await import(href)) as { default?: unknown };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_UNKNOWN_FILE_EXTENSION') {
      throw new OperatorError(`the task module ${path} does not load: ${(error as Error).message}`, {
        cause: error,
      });
    }
  }
  // Node before 22.18 reads no TypeScript by itself
  const loader = 'tsx/esm/api';
  try {
    const { register } = (await import(loader)) as { register: () => void };
    register();
  } catch (error) {
    throw new OperatorError(
      `the task module ${path} is TypeScript, which this Node.js reads from 22.18 on or with the package tsx`,
      { cause: error },
    );
  }
  try {
    return (await import(href)) as { default?: unknown };
  } catch (error) {
    throw new OperatorError(`the task module ${path} does not load: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

function faultOf(task: unknown): string | undefined {
  if (typeof task !== 'object' || task === null)
    return 'must export a task as its default: defineTask({ ... })';
  const { parameters, loss, metrics } = task as Partial<Task>;
  if (!Array.isArray(parameters) || parameters.length === 0) return 'must define parameters';
  const names = (parameters as Task['parameters']).map(({ name }) => name);
  if (new Set(names).size !== names.length)
    return `must give its parameters different names, got ${names.join(', ')}`;
  if (typeof loss !== 'function') return 'must define loss';
  if (typeof metrics !== 'function') return 'must define metrics';
  return undefined;
}
