/** Measures of a round's contributions as the columns that the event log keeps, with as many digits as a picture shows. */
import type { FieldsOf } from '../../observe/event-table.ts';
import type { ContributionMeasure } from '../../round/contribution-measures.ts';

const DIGITS = 4;

type Columns = Pick<FieldsOf<'contributions'>, 'norm' | 'distance' | 'cosine' | 'weight' | 'scale'>;

export function shortNumber(value: number): number | null {
  return Number.isFinite(value) ? Number(value.toPrecision(DIGITS)) : null;
}

export function contributionColumns(measures: readonly ContributionMeasure[] | undefined): Columns {
  if (measures === undefined) return {};
  const column = (value: (measure: ContributionMeasure) => number | undefined): (number | null)[] =>
    measures.map((measure) => shortNumber(value(measure) ?? NaN));
  return {
    norm: column(({ norm }) => norm),
    distance: column(({ distance }) => distance),
    cosine: column(({ cosine }) => cosine),
    ...(measures.some(({ weight }) => weight !== undefined) && { weight: column(({ weight }) => weight) }),
    ...(measures.some(({ scale }) => scale !== 1) && { scale: column(({ scale }) => scale) }),
  };
}
