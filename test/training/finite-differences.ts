/** Directional derivatives by central differences: an independent opinion on a gradient. */
import type { Batch } from '../../src/training/dataset.ts';
import type { GradientEngine } from '../../src/training/gradient-engine.ts';
import { layoutOf, type Task } from '../../src/training/task.ts';

/** Deep networks are checked in a sample of their tensors, evenly spread. */
const MOST_PARAMETERS = 18;

/**
 * For every parameter tensor: |derivative along the tensor's own gradient - its norm| relative to the norm of the whole
 * gradient. Along its gradient a loss changes fastest, so float32 noise matters least there. The step shrinks where the
 * two one-sided differences disagree (a ReLU or a maximum switches in between).
 */
export async function worstFiniteDifference(
  engine: GradientEngine,
  task: Task,
  parameters: Float32Array,
  batch: Batch,
): Promise<{ readonly error: number; readonly parameter: string }> {
  const gradient = new Float32Array(parameters.length);
  const { loss } = await engine.gradient(parameters, batch, gradient);
  const { offsets, sizes } = layoutOf(task.parameters);
  const total = norm(gradient, 0, gradient.length);
  const scratch = new Float32Array(parameters.length);
  const lossAt = async (offset: number, size: number, step: number): Promise<number> => {
    const moved = Float32Array.from(parameters);
    for (let i = offset; i < offset + size; i++)
      moved[i] = (moved[i] as number) + step * (gradient[i] as number);
    return (await engine.gradient(moved, batch, scratch)).loss;
  };
  let worst = { error: 0, parameter: '' };
  const stride = Math.ceil(task.parameters.length / MOST_PARAMETERS);
  for (const [i, { name }] of task.parameters.entries()) {
    if (i % stride !== 0) continue;
    const [offset, size] = [offsets[i] as number, sizes[i] as number];
    const length = norm(gradient, offset, size);
    if (length < 1e-3 * total) continue;
    let best = Infinity;
    for (const change of [4e-3, 1e-3, 2.5e-4]) {
      const step = change / (length * length);
      const [up, down] = [await lossAt(offset, size, step), await lossAt(offset, size, -step)];
      const derivative = (up - down) / (2 * step * length);
      best = Math.min(best, Math.abs(derivative - length) / total);
    }
    if (best > worst.error) worst = { error: best, parameter: name };
  }
  if (!Number.isFinite(loss)) return { error: Infinity, parameter: 'the loss' };
  return worst;
}

function norm(values: Float32Array, offset: number, size: number): number {
  let sum = 0;
  for (let i = offset; i < offset + size; i++) sum += (values[i] as number) ** 2;
  return Math.sqrt(sum);
}
