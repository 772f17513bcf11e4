/**
 * The first parameters of a run: a function of the task's specs and a seed, drawn from the project's own generator
 * with + - * / sqrt only, so that all peers begin with the same bytes. No back end's initializer is ever used.
 */
import { assert } from '../foundation/assert.ts';
import { SeededRandom, type Seed } from '../foundation/seeded-random.ts';
import { layoutOf, type Initializer, type Task } from './task.ts';

/** The flat vector; each parameter has a stream of its own, named by its place and name. */
export function initialParameters(task: Pick<Task, 'parameters'>, seed: Seed): Float32Array {
  const { total, offsets, sizes } = layoutOf(task.parameters);
  const flat = new Float32Array(total);
  task.parameters.forEach(({ name, init }, i) => {
    const offset = offsets[i] as number;
    const view = flat.subarray(offset, offset + (sizes[i] as number));
    fill(view, init, () => new SeededRandom(seed, 'initial-parameters', i, name));
  });
  return flat;
}

function fill(out: Float32Array, init: Initializer, stream: () => SeededRandom): void {
  switch (init.kind) {
    case 'zeros':
      return;
    case 'ones':
      out.fill(1);
      return;
    case 'values':
      assert(init.values.length === out.length, 'as many initial values as the parameter has');
      out.set(init.values);
      return;
    case 'glorot-uniform': {
      const bound = Math.sqrt(6 / (init.fanIn + init.fanOut));
      const random = stream();
      for (let i = 0; i < out.length; i++) out[i] = (2 * random.next() - 1) * bound;
      return;
    }
    case 'he-normal':
      fillNormal(out, Math.sqrt(2 / init.fanIn), stream());
      return;
    case 'normal':
      fillNormal(out, init.deviation, stream());
  }
}

function fillNormal(out: Float32Array, deviation: number, random: SeededRandom): void {
  for (let i = 0; i < out.length; i++) out[i] = random.nextNormal() * deviation;
}
