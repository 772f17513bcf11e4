/** From a task's description to the task itself. */
import { unreachable } from '../foundation/assert.ts';
import { OperatorError } from '../foundation/operator-error.ts';
import { createMlp } from './models/mlp.ts';
import type { DataShape, Task } from './task.ts';
import type { TaskSpec } from './task-spec.ts';

/** `data` is the shape of the data set that the task will train on; a task module with data of its own needs none. */
export async function openTask(spec: TaskSpec, data: DataShape | undefined): Promise<Task> {
  if (data === undefined) throw new OperatorError('the task needs a data set');
  switch (spec.kind) {
    case 'mlp':
      return createMlp(spec, data);
    case 'logistic-regression':
    case 'lenet':
    case 'ctma-cnn':
    case 'marina-cnn':
    case 'resnet-18':
    case 'transformer':
    case 'layers-model':
    case 'task-module':
      return Promise.reject(new Error(`not built: ${spec.kind}`));
    default:
      return unreachable(spec);
  }
}
