/**
 * Hyper-parameters chosen as ByzFL's benchmark chooses them: for each combination of the other values, those whose
 * accuracy on the validation split is best under the attack that is worst for them. The test split is looked at only
 * where the choice is made.
 */
import { accuracyOf, labelsOf, valuesOf, where, type Labels } from './accuracy-grid.ts';
import type { FinishedCell, Scalar, Table } from './reproduction.ts';
import { estimateOf, groupBy } from './statistics.ts';

export interface Choice {
  /** Of the combination: all labels but those chosen, the attack and the seed. */
  readonly labels: Labels;
  readonly chosen: Labels;
  /** Mean over seeds under the attack that is worst on the validation split, and on the test split. */
  readonly validation: number;
  readonly test: number;
  /** The attack that is worst on the test split. */
  readonly under: Scalar;
  readonly cells: readonly FinishedCell[];
}

/** `paths`: of the grid, the attack left out; `choose`: those of them whose values are chosen. */
export function chooseValues(
  cells: readonly FinishedCell[],
  paths: readonly string[],
  choose: readonly string[],
): Choice[] {
  const rest = paths.filter((path) => !choose.includes(path));
  return [...groupBy(cells, labelKey(rest)).values()].map((group) => {
    const candidates = [...groupBy(group, labelKey(choose)).values()].map((own) => ({
      own,
      validation: worstOf(own, validationOf).accuracy,
    }));
    const best = candidates.reduce((a, b) => (b.validation > a.validation ? b : a));
    const test = worstOf(best.own, (some) => accuracyOf(some).mean);
    return {
      labels: pick(best.own, rest),
      chosen: pick(best.own, choose),
      validation: best.validation,
      test: test.accuracy,
      under: test.attack,
      cells: best.own,
    };
  });
}

/** The least over attacks; a run that left the range of numbers has no accuracy and counts as 0. */
function worstOf(
  cells: readonly FinishedCell[],
  measure: (cells: readonly FinishedCell[]) => number,
): { readonly attack: Scalar; readonly accuracy: number } {
  return labelsOf(cells, 'attack')
    .map((attack) => {
      const own = where(cells, { attack });
      const diverged = own.some(({ outcome }) => typeof outcome.values['divergedIn'] === 'number');
      return { attack, accuracy: diverged ? 0 : measure(own) };
    })
    .reduce((a, b) => (b.accuracy < a.accuracy ? b : a));
}

function validationOf(cells: readonly FinishedCell[]): number {
  return estimateOf(valuesOf(cells, 'validationAccuracy')).mean;
}

function labelKey(paths: readonly string[]): (cell: FinishedCell) => string {
  return ({ settings }) => JSON.stringify(paths.map((path) => settings[path]));
}

function pick(cells: readonly FinishedCell[], paths: readonly string[]): Labels {
  return Object.fromEntries(paths.map((path) => [path, cells[0]?.settings[path] as Scalar]));
}

export function choiceTable(choices: readonly Choice[], choose: readonly string[]): Table {
  const rest = Object.keys(choices[0]?.labels ?? {});
  const percent = (share: number) => (100 * share).toFixed(1);
  return {
    title: 'Chosen on the validation split for the worst attack',
    columns: [...rest, ...choose, 'worst validation', 'worst test', 'under'],
    rows: choices.map(({ labels, chosen, validation, test, under }) => [
      ...rest.map((path) => String(labels[path])),
      ...choose.map((path) => String(chosen[path])),
      percent(validation),
      percent(test),
      String(under),
    ]),
    note: 'Accuracy in percent after the last round, mean over seeds, under the attack that is worst for it. The tables and figures that follow show the chosen runs only.',
  };
}
