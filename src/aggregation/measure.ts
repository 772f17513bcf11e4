/**
 * Measures the inputs of a pipeline: one pass for the Gram matrix, repeated around one of the inputs where they are so
 * close together that ||x_i - x_j||^2 = K_ii + K_jj - 2 K_ij would cancel.
 *
 * A fixed reference would be a gift to an adversary: an input with a huge norm, if it were the reference, would drown all
 * distances. So the first pass is taken around the origin (or the previous aggregate), which also yields the norms and finds
 * inputs that are not finite, and the reference of a second pass is the input whose nearest majority is nearest.
 */
import { mostCentral, type Geometry } from './geometry.ts';
import type { Needs } from './needs.ts';
import type { Passes, Place } from './passes.ts';

/**
 * Pairs with a squared distance below this share of their squared norms are too close for one pass: products in float32
 * leave the Gram matrix a relative error of some 1e-7, which the division by this share multiplies.
 */
const CLOSE_SHARE = 2 ** -6;

/**
 * The geometry of the inputs, or the rows that are not finite. `knownFinite` spares a pipeline that needs no inner products
 * the pass that finds those.
 */
export function measure(
  passes: Passes,
  needs: Needs,
  knownFinite: boolean,
): Geometry | { readonly nonFinite: readonly number[] } {
  const { n } = passes;
  const start =
    needs.anchors.includes('previous') && !needs.anchors.includes('origin') ? 'previous' : 'origin';
  if (needs.level !== 'gram') {
    const blind = needs.level === 'nothing';
    const diagonal = blind ? new Float64Array(n) : passes.squaredDistances(start);
    const nonFinite = !blind
      ? findNonFinite(passes, diagonal)
      : knownFinite
        ? []
        : passes.nonFiniteRows([...diagonal.keys()]);
    if (nonFinite.length > 0) return { nonFinite };
    if (blind && needs.anchors.length === 0) return unmeasured(n);
    const gram = new Float64Array(n * n).fill(NaN);
    if (!blind) for (let i = 0; i < n; i++) gram[i * n + i] = diagonal[i]!;
    return withAnchors(passes, gram, start, needs, blind || start !== 'origin' ? undefined : diagonal);
  }
  const gram = passes.gram(start);
  const diagonal = Float64Array.from({ length: n }, (_, i) => gram[i * n + i]!);
  const nonFinite = findNonFinite(passes, diagonal);
  if (nonFinite.length > 0) return { nonFinite };
  const squaredNorms = start === 'origin' ? diagonal : undefined;
  if (!hasClosePairs(passes, gram, true)) return withAnchors(passes, gram, start, needs, squaredNorms);
  const reference = { row: mostCentral(gram, n, n) };
  const centred = passes.gram(reference);
  hasClosePairs(passes, centred, false); // equal rows again get equal entries
  return withAnchors(passes, centred, reference, needs, squaredNorms);
}

function findNonFinite(passes: Passes, squares: Float64Array): number[] {
  const suspects = Array.from(squares.keys()).filter((i) => !Number.isFinite(squares[i]));
  return suspects.length === 0 ? [] : passes.nonFiniteRows(suspects);
}

/**
 * Whether two different rows are too close. Equal rows (copies of another's input) are none, and are given equal
 * entries, so that what ties in exact arithmetic ties here.
 */
function hasClosePairs(passes: Passes, gram: Float64Array, stopAtFirst: boolean): boolean {
  const { n } = passes;
  let close = false;
  for (let i = 1; i < n; i++) {
    for (let j = 0; j < i; j++) {
      const scale = gram[i * n + i]! + gram[j * n + j]!;
      if (scale - 2 * gram[i * n + j]! > CLOSE_SHARE * scale) continue;
      if (!passes.sameRow(i, j)) {
        if (stopAtFirst) return true;
        close = true;
        continue;
      }
      for (let k = 0; k < n; k++) gram[i * n + k] = gram[k * n + i] = gram[j * n + k]!;
      gram[i * n + i] = gram[i * n + j] = gram[j * n + i] = gram[j * n + j]!;
      break;
    }
  }
  return close;
}

/** Of inputs that nobody compares, of which there may be too many for a table. */
function unmeasured(n: number): Geometry {
  return { count: n, anchors: [], size: n, gram: new Float64Array(0) };
}

/** Appends the anchors; those that are not the reference cost one pass in float64. */
function withAnchors(
  passes: Passes,
  inner: Float64Array,
  reference: Place,
  needs: Needs,
  squaredNorms: Float64Array | undefined,
): Geometry {
  const { n } = passes;
  const { anchors } = needs;
  const size = n + anchors.length;
  const gram = new Float64Array(size * size);
  for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) gram[i * size + j] = inner[i * n + j]!;
  const others = anchors.filter((anchor) => anchor !== reference);
  if (others.length > 0) {
    const products = passes.innerProducts(reference, others);
    others.forEach((anchor, a) => {
      const place = n + anchors.indexOf(anchor);
      for (let i = 0; i < n; i++) {
        gram[i * size + place] = gram[place * size + i] = products[a * (n + others.length) + i]!;
      }
      others.forEach((other, b) => {
        gram[place * size + n + anchors.indexOf(other)] = products[a * (n + others.length) + n + b]!;
      });
    });
  }
  return { count: n, anchors, size, gram, ...(squaredNorms && { squaredNorms }) };
}
