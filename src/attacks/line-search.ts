/**
 * ALIE and FoE whose strength is searched against the very pipeline in use (Allouah et al., AISTATS 2023, "optimised"
 * attacks): of mu - t sigma (ALIE) or mu - t mu (FoE) the t that maximises ||Agg(honest, f copies) - mu||. A geometric
 * grid first, then golden-section steps around its best point.
 */
import { assert } from '../foundation/assert.ts';
import { integer, positive } from '../foundation/schema.ts';
import type { VectorKernels } from '../linalg/linear-algebra.ts';
import type { Attack, AttackView } from './attack.ts';
import { defineAttack, OMNISCIENT } from './define-attack.ts';
import { discard, meanOf, momentsOf, plus, squaredDistance, visible } from './statistics.ts';

interface SearchSettings {
  /** Largest strength tried. */
  readonly limit: number;
  /** Calls of the pipeline a round. */
  readonly evaluations: number;
}

const GRID_SHARE = 0.5;
const GOLDEN = (Math.sqrt(5) - 1) / 2;

const evaluations = integer(4, 1000).default(16);

export const alieSearch = defineAttack('alie-search', {
  sees: 'omniscient',
  sends:
    "mean - t sigma with the t up to `limit` that moves the pipeline's result most, found in `evaluations` calls",
  settings: { limit: positive.default(8), evaluations },
  create: (settings) => searchedAttack('alie', settings),
});

export const foeSearch = defineAttack('foe-search', {
  sees: 'omniscient',
  sends: '(1 - t) mean with the t up to `limit` that moves the result most, found in `evaluations` calls',
  settings: { limit: positive.default(16), evaluations },
  create: (settings) => searchedAttack('foe', settings),
});

function searchedAttack(along: 'alie' | 'foe', settings: SearchSettings): Attack {
  return {
    ...OMNISCIENT,
    name: `${along}-search`,
    forge: (view) => {
      const honest = visible(view);
      const { kernels } = view;
      const { mean, direction } = lineOf(along, honest, kernels);
      const best = strongest((t) => {
        const forged = plus(mean, -t, direction, kernels);
        const score = damage(view, honest, mean, forged);
        discard(kernels, forged);
        return score;
      }, settings);
      const forged = plus(mean, -best, direction, kernels, mean);
      if (direction !== mean) discard(kernels, direction);
      return forged;
    },
  };
}

/** Where the search starts, and the way that it goes, backwards. */
function lineOf(
  along: 'alie' | 'foe',
  honest: readonly Float32Array[],
  kernels: VectorKernels | undefined,
): { readonly mean: Float32Array; readonly direction: Float32Array } {
  if (along === 'foe') {
    const mean = meanOf(honest, kernels);
    return { mean, direction: mean };
  }
  const { mean, deviation } = momentsOf(honest, kernels);
  return { mean, direction: deviation };
}

/** ||Agg - mu||^2 when all f send `forged`. */
function damage(
  view: AttackView,
  honest: readonly Float32Array[],
  mean: Float32Array,
  forged: Float32Array,
): number {
  assert(view.aggregate !== undefined, 'a searched attack is given the pipeline');
  const vectors = [...honest, ...Array.from({ length: view.f }, () => forged)];
  const output = view.aggregate(vectors);
  const moved = squaredDistance(output, mean);
  discard(view.kernels, output);
  return moved;
}

function strongest(score: (t: number) => number, { limit, evaluations }: SearchSettings): number {
  const points = Math.max(2, Math.round(evaluations * GRID_SHARE));
  const grid = Array.from({ length: points }, (_, i) => limit / 2 ** (points - 1 - i));
  const scores = grid.map(score);
  const top = scores.reduce((best, value, i) => (value > (scores[best] as number) ? i : best), 0);
  let [low, high] = [grid[top - 1] ?? 0, grid[top + 1] ?? limit];
  let best = { t: grid[top] as number, score: scores[top] as number };
  for (let left = evaluations - points; left >= 2; left -= 2) {
    const [a, b] = [high - GOLDEN * (high - low), low + GOLDEN * (high - low)];
    const [scoreA, scoreB] = [score(a), score(b)];
    if (scoreA >= scoreB) high = b;
    else low = a;
    const step = scoreA >= scoreB ? { t: a, score: scoreA } : { t: b, score: scoreB };
    if (step.score > best.score) best = step;
  }
  return best.t;
}
