/** A user's own task: the default export of a module, made by `defineTask`. It is code and runs with the peer's rights. */
import { existsSync } from 'node:fs';
import { register } from 'node:module';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { checkRegular } from '../files/regular-file.ts';
import { OperatorError, invalidField, reasonOf } from '../foundation/operator-error.ts';
import type { Task } from './task.ts';
import { faultOfTask } from './task-faults.ts';
import type { TaskHooksData } from './task-hooks.ts';

/** Throws an OperatorError that names the module, what is wrong with it and the rule. */
export async function openTaskModule(path: string): Promise<Task> {
  const file = resolve(path);
  if (!existsSync(file)) throw invalidField('the task module', 'exist', path);
  checkRegular(file);
  const { default: task } = await importModule(file, path);
  const fault = faultOfTask(task);
  if (fault !== undefined) throw new OperatorError(`the task module ${path} ${fault}`);
  return task as Task;
}

let hooked = false;

async function importModule(file: string, path: string): Promise<{ readonly default?: unknown }> {
  if (!hooked) {
    hooked = true;
    const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
    const beside = (name: string): string => new URL(`./${name}.${extension}`, import.meta.url).href;
    register<TaskHooksData>(beside('task-hooks'), { data: { api: beside('user-task') } });
  }
  try {
    // the mark that the hooks look for
    return (await import(`${pathToFileURL(file).href}?synod-task`)) as { default?: unknown };
  } catch (error) {
    throw new OperatorError(`the task module ${path} does not load: ${reasonOf(error)}`, { cause: error });
  }
}
