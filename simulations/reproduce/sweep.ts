/** Runs a user's own grid in the lab: the reproductions' tables, and a heat map of the worst case over attacks. */
import { join } from 'node:path';
import type { LabSettings } from '../training/training-lab.ts';
import {
  accuracyFigure,
  accuracyOf,
  accuracyTable,
  labelsOf,
  rowsJson,
  where,
  worstCaseMap,
} from './accuracy-grid.ts';
import { LAB } from './catalogue.ts';
import { runGrid, type GridProgress } from './grid-runner.ts';
import { writeReport } from './report.ts';
import type { Cell, FinishedCell, Scalar, Summary } from './reproduction.ts';
import type { Reproduced } from './reproduce.ts';
import { sweepCells, type SweepSpec } from './sweep-cells.ts';

export interface SweepOptions {
  readonly spec: SweepSpec;
  readonly command: string;
  readonly provideData: (name: string) => Promise<string | undefined>;
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
function dataOf(cells: readonly Cell[]): string {
  const names = cells.map(({ settings }) => {
    const data = (settings['lab'] as LabSettings).experiment['data'] ?? 'glyphs';
    return typeof data === 'string' ? data : String((data as Record<string, unknown>)['name']);
  });
  return names.find((name) => name !== 'glyphs') ?? 'glyphs';
}

function summarise(spec: SweepSpec, cells: readonly FinishedCell[]): Summary {
  const paths = spec.grid.map(([path]) => path);
  const column = paths.includes('attack') ? 'attack' : (paths.at(-1) ?? 'attack');
  const rows = paths.filter((path) => path !== column);
  const across = ['byzantine', ...rows].find((path) => labelsOf(cells, path).length > 1) ?? 'byzantine';
  const down = rows.find((path) => path !== across && labelsOf(cells, path).length > 1) ?? column;
  const figures =
    across === down
      ? []
      : [
          worstCaseMap(
            'Worst accuracy over attacks, percent',
            cells,
            across,
            down === 'attack' ? column : down,
          ),
        ];
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

function bestOf(cells: readonly FinishedCell[], key: string, column: string): Summary['verdicts'] {
  const values = labelsOf(cells, key);
  if (key === column || values.length < 2) return [];
  const worst = (value: Scalar) => {
    const own = where(cells, { [key]: value });
    const groups = labelsOf(own, column).flatMap((c) =>
      labelsOf(own, 'byzantine').map((byzantine) => where(own, { [column]: c, byzantine })),
    );
    return Math.min(...groups.filter((group) => group.length > 0).map((group) => accuracyOf(group).mean));
  };
  const best = values.reduce((top, value) => (worst(value) > worst(top) ? value : top));
  return [
    {
      claim: `Of all values of ${key}, ${String(best)} has the best worst case.`,
      held: 'yes',
      seen: values.map((value) => `${String(value)}: ${(100 * worst(value)).toFixed(1)} %`).join('; ') + '.',
    },
  ];
}
