/**
 * Dirichlet shares from Gamma draws (Marsaglia and Tsang, A Simple Method for Generating Gamma Variables, 2000), in
 * logarithms, since Gamma(alpha) of a small alpha underflows. Exact arithmetic only: all machines draw the same bits.
 */
import { exactExp, exactLog } from '../../foundation/exact-math.ts';
import type { SeededRandom } from '../../foundation/seeded-random.ts';

/** `count` non-negative shares that sum to 1 up to rounding. */
export function dirichlet(random: SeededRandom, alpha: number, count: number): number[] {
  const logs = Array.from({ length: count }, () => logGamma(random, alpha));
  const largest = logs.reduce((most, log) => (log > most ? log : most));
  const weights = logs.map((log) => exactExp(log - largest));
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return weights.map((weight) => weight / sum);
}

/** Logarithm of a Gamma(shape, 1) draw; shape below 1 by Gamma(shape + 1) * U^(1 / shape). */
export function logGamma(random: SeededRandom, shape: number): number {
  if (shape < 1) return logGamma(random, shape + 1) + exactLog(1 - random.next()) / shape;
  const d = shape - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const x = random.nextNormal();
    const root = 1 + c * x;
    if (root <= 0) continue;
    const v = root * root * root;
    if (exactLog(1 - random.next()) < 0.5 * x * x + d - d * v + d * exactLog(v)) return exactLog(d * v);
  }
}
