/** From a task's description to the task itself. */
import { unreachable } from '../foundation/assert.ts';
import { OperatorError, invalidField } from '../foundation/operator-error.ts';
import { openLayersModel } from './models/layers-model.ts';
import { createLeNet } from './models/lenet.ts';
import { createLogisticRegression } from './models/logistic-regression.ts';
import { createMlp } from './models/mlp.ts';
import { createCtmaCnn, createMarinaCnn } from './models/paper-cnns.ts';
import { createResNet18 } from './models/resnet-18.ts';
import { createTransformer } from './models/transformer.ts';
import { openTaskModule } from './open-task-module.ts';
import { isOwnTask, pinTask } from './task-digest.ts';
import type { DataShape, Task } from './task.ts';
import type { TaskSpec } from './task-spec.ts';

/** `data` is the shape of the data set that the task will train on; a task module with data of its own needs none. */
export async function openTask(spec: TaskSpec, data: DataShape | undefined): Promise<Task> {
  // files may have changed since the experiment was read
  if (isOwnTask(spec) && spec.digest !== undefined) pinTask(spec, '');
  if (spec.kind === 'task-module') return openTaskModule(spec.path);
  if (data === undefined) throw new OperatorError('the task needs a data set');
  if (spec.kind !== 'transformer' && data.labelShape.length > 0) {
    const rule = `have one label an example (of texts, which have one a position, transformer models are made)`;
    throw invalidField(
      `the data of ${spec.kind}`,
      rule,
      `labels of the shape [${data.labelShape.join(', ')}]`,
    );
  }
  switch (spec.kind) {
    case 'logistic-regression':
      return createLogisticRegression(spec, data);
    case 'mlp':
      return createMlp(spec, data);
    case 'lenet':
      return createLeNet(spec, data);
    case 'ctma-cnn':
      return createCtmaCnn(data);
    case 'marina-cnn':
      return createMarinaCnn(data);
    case 'resnet-18':
      return createResNet18(spec, data);
    case 'transformer':
      return createTransformer(spec, data);
    case 'layers-model':
      return openLayersModel(spec.path, data);
    default:
      return unreachable(spec);
  }
}
