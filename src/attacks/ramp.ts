/**
 * A bias in a direction that stays the same, which begins at nothing and grows with the rounds: each round looks almost
 * honest, and defences that compare with the last round follow it.
 */
import { positive } from '../foundation/schema.ts';
import type { AttackView } from './attack.ts';
import { defineAttack, OWN } from './define-attack.ts';
import { dot, plus, scaled } from './statistics.ts';

export const ramp = defineAttack('ramp', {
  sees: 'own',
  sends: 'its own plus a bias that grows by `rate` a round up to `limit` of its norm',
  settings: { rate: positive.default(0.01), limit: positive.default(1) },
  create: ({ rate, limit }) => ({
    ...OWN,
    name: 'ramp',
    forge: (view) => {
      const direction = directionOf(view);
      const bias = Math.min(limit, rate * (view.round + 1)) * lengthOf(view.own);
      return plus(view.own, bias, direction, view.kernels);
    },
  }),
});

const DIRECTION = 'ramp.direction';

/** Unit vector away from where the model first went: the negated first own vector. */
function directionOf(view: AttackView): Float32Array {
  const known = view.memory.get(DIRECTION) as Float32Array | undefined;
  if (known !== undefined) return known;
  const length = lengthOf(view.own);
  if (length === 0) return view.own;
  const direction = scaled(view.own, -1 / length, view.kernels);
  view.memory.set(DIRECTION, direction);
  return direction;
}

function lengthOf(vector: Float32Array): number {
  return Math.sqrt(dot(vector, vector));
}
