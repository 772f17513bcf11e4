/**
 * The learning rate of the Flag experiments (arXiv 2302.05865, section 3.1): times 0.2 every 10 epochs. A run that has
 * fewer rounds than the paper's keeps the number of decays, and where in the run they fall.
 */
import type { Schedule } from '../../src/estimation/schedule.ts';

const FACTOR = 0.2;
const EPOCHS_BETWEEN = 10;

/** `epochs`: of the paper's run, which takes `rounds` rounds here. */
export function decayedRate(rate: number, rounds: number, epochs: number): Schedule {
  const count = Math.ceil(epochs / EPOCHS_BETWEEN) - 1;
  const milestones = Array.from({ length: count }, (_, i) =>
    Math.round(((i + 1) * EPOCHS_BETWEEN * rounds) / epochs),
  );
  return milestones.length === 0
    ? { kind: 'constant', rate }
    : { kind: 'milestones', rate, milestones, factor: FACTOR };
}
