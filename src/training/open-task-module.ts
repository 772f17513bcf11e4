/** A user's own task: the default export of a module, made by `defineTask`. */
import { OperatorError } from '../foundation/operator-error.ts';
import { importOwnModule } from '../modules/import-own-module.ts';
import type { Task } from './task.ts';
import { faultOfTask } from './task-faults.ts';

/** Throws an OperatorError that names the module, what is wrong with it and the rule. */
export async function openTaskModule(path: string): Promise<Task> {
  const task = await importOwnModule(path, 'the task module');
  const fault = faultOfTask(task);
  if (fault !== undefined) throw new OperatorError(`the task module ${path} ${fault}`);
  return task as Task;
}
