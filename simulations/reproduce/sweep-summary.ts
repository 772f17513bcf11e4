/**
 * What a finished sweep says: its choices where hyper-parameters are chosen, the table of final accuracies, heat maps of
 * the worst case over attacks, and which rule (or other value) has the best one.
 */
import {
  accuracyFigure,
  accuracyOf,
  accuracyTable,
  divergedOf,
  labelsOf,
  rowsJson,
  where,
  worstCaseMap,
} from './accuracy-grid.ts';
import type { Figure, FinishedCell, Scalar, Summary } from './reproduction.ts';
import { groupBy } from './statistics.ts';
import type { SweepSpec } from './sweep-cells.ts';
import { chooseValues, choiceTable } from './sweep-choice.ts';

export function summariseSweep(spec: SweepSpec, all: readonly FinishedCell[]): Summary {
  if (spec.choose.length === 0) return summariseRuns(spec, all);
  const paths = spec.grid.map(([path]) => path);
  const choices = chooseValues(
    all,
    paths.filter((path) => path !== 'attack'),
    spec.choose,
  );
  const rest = spec.grid.filter(([path]) => !spec.choose.includes(path));
  const shown = summariseRuns(
    { ...spec, grid: rest },
    choices.flatMap(({ cells }) => cells),
  );
  return {
    ...shown,
    tables: [choiceTable(choices, spec.choose), ...shown.tables],
    json: {
      ...(rowsJson(all) as object),
      chosen: choices.map(({ labels, chosen, validation, test, under }) => ({
        ...labels,
        ...chosen,
        validation,
        test,
        under,
      })),
    },
  };
}

function summariseRuns(spec: SweepSpec, cells: readonly FinishedCell[]): Summary {
  const paths = spec.grid.map(([path]) => path);
  const column = paths.includes('attack') ? 'attack' : (paths.at(-1) ?? 'attack');
  const rows = paths.filter((path) => path !== column);
  const varied = rows.filter((path) => labelsOf(cells, path).length > 1);
  const across = ['byzantine', ...varied].find((path) => labelsOf(cells, path).length > 1) ?? 'byzantine';
  // f over heterogeneity, a map for each of the rest, is what the field's benchmark shows
  const down =
    varied.find((path) => path !== across && path.startsWith('partition')) ??
    varied.find((path) => path !== across) ??
    column;
  const others = varied.filter((path) => path !== across && path !== down);
  const figures = across === down ? [] : heatMaps(cells, across, down, others);
  const lines =
    rows.length === 1
      ? [accuracyFigure('Accuracy over rounds, mean over the rest', cells, rows[0] as string)]
      : [];
  return {
    tables: [accuracyTable('Final accuracy', cells, rows.length === 0 ? ['byzantine'] : rows, column)],
    figures: [...figures, ...lines],
    verdicts: bestOf(cells, varied.find(isRule) ?? down, paths),
    json: rowsJson(cells),
  };
}

/** Whoever varies it asks which rule to take. */
function isRule(path: string): boolean {
  return path === 'aggregation' || path === 'aggregation.rule' || path === 'aggregation.pre';
}

const MOST_MAPS = 24;

/** One for each combination of what is neither across nor down; a single one over the worst of them where they are many. */
function heatMaps(
  cells: readonly FinishedCell[],
  across: string,
  down: string,
  others: readonly string[],
): Figure[] {
  const title = 'Worst accuracy over attacks, percent';
  const groups = [
    ...groupBy(cells, ({ settings }) => others.map((path) => String(settings[path])).join(', ')),
  ];
  if (others.length === 0 || groups.length > MOST_MAPS) return [worstCaseMap(title, cells, across, down)];
  return groups.map(([name, own]) => worstCaseMap(`${title}: ${name}`, own, across, down));
}

/** `paths`: of the grid; a case is a combination of the values of all but `key`. */
function bestOf(cells: readonly FinishedCell[], key: string, paths: readonly string[]): Summary['verdicts'] {
  const values = labelsOf(cells, key);
  if (key === 'attack' || values.length < 2) return [];
  const rest = ['byzantine', ...paths].filter((path) => path !== key);
  const standings = values.map((value) => standingOf(value, where(cells, { [key]: value }), rest));
  const seen = standings.map(({ value, worst, groups, diverged }) => {
    const result = diverged > 0 ? `diverged in ${diverged} of ${groups}` : `${(100 * worst).toFixed(1)} %`;
    return `${String(value)}: ${result}`;
  });
  const most = Math.max(...standings.map(({ groups }) => groups));
  const partial = standings.filter(({ groups }) => groups < most);
  const rivals = standings.filter(({ groups, diverged }) => groups === most && diverged === 0);
  const top = Math.max(...rivals.map(({ worst }) => worst));
  const best = rivals.filter(({ worst }) => worst === top);
  const remark = partial.map(
    ({ value, groups }) => ` ${String(value)} ran in ${groups} of ${most} cases only.`,
  );
  return [
    {
      claim:
        best.length === 1
          ? `Of all values of ${key} that ran in every case, ${String(best[0]?.value)} has the best worst case.`
          : `One value of ${key} has a better worst case than all others.`,
      word: best.length === 1 ? 'holds' : 'does not hold',
      source: 'this sweep',
      answer: best.length === 1 ? 'yes' : 'no',
      setting: '',
      differs: '',
      rows: 'all',
      seen: `${seen.join('; ')}.${remark.join('')}`,
    },
  ];
}

interface Standing {
  readonly value: Scalar;
  /** Cases that were run, and those in which some run diverged. */
  readonly groups: number;
  readonly diverged: number;
  /** The least of their mean accuracies. */
  readonly worst: number;
}

function standingOf(value: Scalar, own: readonly FinishedCell[], rest: readonly string[]): Standing {
  const groups = [
    ...groupBy(own, ({ settings }) => JSON.stringify(rest.map((path) => settings[path]))).values(),
  ];
  return {
    value,
    groups: groups.length,
    diverged: groups.filter((group) => divergedOf(group).count > 0).length,
    worst: Math.min(...groups.map((group) => accuracyOf(group).mean)),
  };
}
