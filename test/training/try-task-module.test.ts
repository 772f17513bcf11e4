import assert from 'node:assert/strict';
import { tryTaskModule } from '../../src/training/try-task-module.ts';
import { TemporaryFolder } from './data/temporary-folder.ts';

describe('a trial of a task module', () => {
  const folder = new TemporaryFolder();

  it('says what is wrong where the module does not load, and ends one that never does', async function () {
    this.timeout(60_000);
    for (const [source, sentence] of [
      ['for (;;);', /top level has run for 1 s \(an endless loop\?\)$/],
      ['await new Promise(() => {});', /it awaits what nothing brings, or ends its thread$/],
      ['process.exit(0);', /it awaits what nothing brings, or ends its thread$/],
      ["throw new Error('not today');", /does not load: not today$/],
      ['export default 3;', /must export a task as its default/],
      ['export default {', /does not load: /],
    ] as const) {
      const path = folder.write('task.ts', source);
      const limitMs = source.startsWith('for') ? 1000 : 60_000;
      await assert.rejects(
        tryTaskModule(path, limitMs),
        { name: 'OperatorError', message: sentence },
        source,
      );
    }
  });

  it('passes one that loads', async function () {
    this.timeout(60_000);
    const path = folder.write(
      'task.ts',
      `import * as tf from '@tensorflow/tfjs-core';
       import { defineTask } from 'synod/task';
       const loss = ([w]) => tf.sum(w);
       export default defineTask({
         parameters: [{ name: 'w', shape: [2], init: { kind: 'zeros' } }], loss, metrics: (p) => ({ loss: loss(p) }),
       });`,
    );
    await tryTaskModule(path);
  });
});
