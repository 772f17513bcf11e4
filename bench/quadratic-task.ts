/**
 * A task whose model is one tensor and whose gradient costs next to nothing: a round shows what everything else costs. Its
 * gradient is written by hand, since the library's own keeps ten vectors of the model's length in a heap that never shrinks.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Writes `task.ts` and its data to a folder; an experiment beside it names it as `model: ./task.ts`. */
export function writeQuadraticTask(folder: string, parameters: number): void {
  writeFileSync(join(folder, 'task.ts'), TASK.replaceAll('$D', String(parameters)));
  const rows = Array.from({ length: 200 }, (_, i) => `0.${i % 7},0.${i % 5},${i % 2}`);
  writeFileSync(join(folder, 'points.csv'), `a,b,y\n${rows.join('\n')}\n`);
}

const TASK = `/** A quadratic of $D parameters. */
import * as tf from '@tensorflow/tfjs-core';
import { defineTask, storedData } from 'synod/task';
const halfMeanSquare = tf.customGrad((x, save) => {
  save([x]);
  const row = tf.reshape(x, [1, $D]);
  return {
    value: tf.mul(0.5 / $D, tf.reshape(tf.matMul(row, row, false, true), [])),
    gradFunc: (upstream, [x]) => tf.mul(x, tf.div(upstream, $D)),
  };
});
const loss = ([w], { features }) => halfMeanSquare(tf.sub(w, tf.mean(features)));
export default defineTask({
  name: 'quadratic',
  parameters: [{ name: 'w', shape: [$D], init: { kind: 'he-normal', fanIn: 2 } }],
  predict: (_, features) => tf.zeros([features.shape[0] ?? 1, 2]),
  loss: (parameters, batch) => loss(parameters, batch),
  metrics: (parameters, batch) => ({ loss: loss(parameters, batch), accuracy: tf.scalar(0) }),
  data: storedData({
    name: 'csv', dir: import.meta.dirname, file: 'points.csv', label: 'y', header: true, testShare: 0.2,
  }),
});
`;
