/**
 * MDA, minimum-diameter averaging (Rousseeuw 1985; El Mhamdi, Guerraoui, Guirguis, Hoang, Rouault, PODC 2020): the mean
 * of the n - f inputs of least diameter. Exact. A subset of n - f has a diameter of at most t if the pairs farther
 * apart than t have a vertex cover of at most f inputs, so a bisection over the distances asks that question a dozen
 * times; each answer branches at most 1.47^f ways. Of several subsets of least diameter the lexicographically first is
 * taken.
 */
import { defineRule, majorityFault } from '../define-rule.ts';
import { distanceMatrix } from '../geometry.ts';
import { meanOfKept } from '../linear-result.ts';

/** The exact search is a vertex cover of at most f of n: exponential in f alone. */
const LARGEST_F = 24;

export const mda = defineRule('mda', {
  source: 'El Mhamdi et al., PODC 2020',
  needs: `n > 2f, f <= ${LARGEST_F}`,
  fault: (_spec, n, f) =>
    f > LARGEST_F ? `f <= ${LARGEST_F} (its exact search grows exponentially with f)` : majorityFault(n, f),
  combine(geometry, _spec, { f }) {
    const { count } = geometry;
    return meanOfKept(geometry, leastDiameterSubset(distanceMatrix(geometry), count, count - f));
  },
});

/** Indices, ascending, of `keep` of n points whose greatest distance is least; distances is row-major n x n. */
export function leastDiameterSubset(distances: Float64Array, n: number, keep: number): number[] {
  const candidates = [...new Set(distances)].sort((a, b) => a - b);
  let low = 0;
  let high = candidates.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    const conflicts = conflictsAbove(distances, n, candidates[middle]!);
    if (hasCover(conflicts, new Uint8Array(n).fill(1), n - keep)) high = middle;
    else low = middle + 1;
  }
  return firstSubset(conflictsAbove(distances, n, candidates[low]!), n, keep);
}

type Conflicts = readonly (readonly number[])[];

function conflictsAbove(distances: Float64Array, n: number, threshold: number): Conflicts {
  return Array.from({ length: n }, (_, i) =>
    Array.from({ length: n }, (_, j) => j).filter((j) => distances[i * n + j]! > threshold),
  );
}

/** Keeps each point in turn if the rest can then still be completed. */
function firstSubset(conflicts: Conflicts, n: number, keep: number): number[] {
  const kept: number[] = [];
  const alive = new Uint8Array(n).fill(1);
  let budget = n - keep;
  for (let i = 0; i < n && kept.length < keep; i++) {
    if (alive[i] === 0) continue;
    const lost = conflicts[i]!.filter((j) => alive[j] === 1);
    const rest = alive.slice();
    rest[i] = 0; // decided: its conflicts are removed below
    for (const j of lost) rest[j] = 0;
    if (lost.length <= budget && hasCover(conflicts, rest, budget - lost.length)) {
      kept.push(i);
      for (const j of lost) alive[j] = 0;
      budget -= lost.length;
    } else {
      budget -= 1;
    }
    alive[i] = 0;
  }
  return kept;
}

/** Whether at most `budget` removals end every conflict among the points alive. */
function hasCover(conflicts: Conflicts, alive: Uint8Array, budget: number): boolean {
  let most = -1;
  let greatest = 0;
  let leaf = -1;
  let degrees = 0;
  for (let v = 0; v < alive.length; v++) {
    if (alive[v] === 0) continue;
    let degree = 0;
    for (const u of conflicts[v]!) degree += alive[u]!;
    degrees += degree;
    if (degree > greatest) [most, greatest] = [v, degree];
    if (degree === 1) leaf = v;
  }
  if (greatest === 0) return true;
  if (degrees / 2 > budget * greatest) return false;
  // a neighbour of a leaf covers at least as much as the leaf; in a ring every point is as good as another
  if (leaf >= 0)
    return without(
      conflicts,
      alive,
      budget,
      conflicts[leaf]!.filter((u) => alive[u] === 1),
    );
  if (greatest <= 2) return without(conflicts, alive, budget, [most]);
  if (without(conflicts, alive, budget, [most])) return true;
  return without(
    conflicts,
    alive,
    budget,
    conflicts[most]!.filter((u) => alive[u] === 1),
  );
}

function without(
  conflicts: Conflicts,
  alive: Uint8Array,
  budget: number,
  removed: readonly number[],
): boolean {
  if (removed.length > budget) return false;
  const rest = alive.slice();
  for (const v of removed) rest[v] = 0;
  return hasCover(conflicts, rest, budget - removed.length);
}
