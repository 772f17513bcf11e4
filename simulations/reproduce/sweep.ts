/** Runs a user's own grid in the lab: the reproductions' tables, and a heat map of the worst case over attacks. */
import { join } from 'node:path';
import type { LabSettings } from '../training/training-lab.ts';
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
import { LAB } from './catalogue.ts';
import { runGrid, type GridProgress } from './grid-runner.ts';
import { writeReport } from './report.ts';
import type { Cell, Figure, FinishedCell, Scalar, Summary } from './reproduction.ts';
import type { Reproduced } from './reproduce.ts';
import { groupBy } from './statistics.ts';
import { sweepCells, type SweepSpec } from './sweep-cells.ts';
import { chooseValues, choiceTable } from './sweep-choice.ts';

export interface SweepOptions {
  readonly spec: SweepSpec;
  readonly command: string;
  /** Takes a data set as an experiment file names it. */
  readonly provideData: (data: unknown) => Promise<string | undefined>;
  readonly out: string;
  readonly threads: number;
  readonly onProgress: (progress: GridProgress) => void;
  readonly signal?: AbortSignal;
}

export async function runSweep(options: SweepOptions): Promise<Reproduced> {
  const { spec, out } = options;
  const { cells, refused } = sweepCells(spec);
  const finished = await runGrid({
    reproduction: LAB,
    cells,
    dataDir: await options.provideData(dataOf(cells)),
    folder: join(out, 'cells'),
    threads: options.threads,
    onProgress: options.onProgress,
    ...(options.signal && { signal: options.signal }),
  });
  const summary = summarise(spec, finished);
  const files = await writeReport(out, {
    title: spec.name,
    about: `${finished.length} runs of ${spec.workers} workers; seeds ${spec.seeds.join(', ')}.`,
    command: options.command,
    remarks: refused.map((reason) => `Left out, ${reason}.`),
    cells: finished,
    summary,
  });
  return { json: summary.json, verdicts: summary.verdicts, files };
}

/** The data set of the runs; a sweep over several needs a folder that holds them all. */
function dataOf(cells: readonly Cell[]): unknown {
  const sets = cells.map(({ settings }) => (settings['lab'] as LabSettings).experiment['data'] ?? 'glyphs');
  const isRead = (data: unknown): boolean =>
    (typeof data === 'string' ? data : (data as Record<string, unknown>)['name']) !== 'glyphs';
  return sets.find(isRead) ?? 'glyphs';
}

function summarise(spec: SweepSpec, all: readonly FinishedCell[]): Summary {
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
    verdicts: bestOf(cells, down, column),
    json: rowsJson(cells),
  };
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

function bestOf(cells: readonly FinishedCell[], key: string, column: string): Summary['verdicts'] {
  const values = labelsOf(cells, key);
  if (key === column || values.length < 2) return [];
  const standings = values.map((value) => standingOf(value, where(cells, { [key]: value }), column));
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
  /** Combinations of the other labels that were run, and those in which some run diverged. */
  readonly groups: number;
  readonly diverged: number;
  /** The least of their mean accuracies. */
  readonly worst: number;
}

function standingOf(value: Scalar, own: readonly FinishedCell[], column: string): Standing {
  const groups = labelsOf(own, column)
    .flatMap((c) => labelsOf(own, 'byzantine').map((byzantine) => where(own, { [column]: c, byzantine })))
    .filter((group) => group.length > 0);
  return {
    value,
    groups: groups.length,
    diverged: groups.filter((group) => divergedOf(group).count > 0).length,
    worst: Math.min(...groups.map((group) => accuracyOf(group).mean)),
  };
}
