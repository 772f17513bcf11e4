/** How far absence may shrink a roster. */
import { committeeFailure } from '../committee/committee-size.ts';
import type { Experiment } from './experiment.ts';

/** Fewer than these tolerate no faulty one: a lost seat would gain nothing. */
const LEAST_TOLERANT_SEATS = 4;

/**
 * The seats below which none is lost by absence: never so few that `cohort.minimum` cannot be met, that a committee is
 * riskier than `committee.failure` with the Byzantine peers that are planned for, or that no faulty one is tolerated.
 */
export function minSeats({
  roster,
  cohort,
  committee,
}: Pick<Experiment, 'roster' | 'cohort' | 'committee'>): number {
  const { size, byzantine, failure } = committee;
  const least = Math.max(LEAST_TOLERANT_SEATS, cohort.minimum, 3 * byzantine + 1);
  let seats = roster.length;
  if (byzantine === 0 || failure >= 1) return Math.min(seats, least);
  while (seats > least && committeeFailure(seats - 1, byzantine, Math.min(size, seats - 1)) <= failure) {
    seats -= 1;
  }
  return seats;
}
