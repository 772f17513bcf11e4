/** Runs a user's own grid in the lab and writes its report. */
import { join } from 'node:path';
import type { LabSettings } from '../training/training-lab.ts';
import { LAB } from './catalogue.ts';
import { runGrid, type GridProgress } from './grid-runner.ts';
import { writeReport } from './report.ts';
import type { Cell } from './reproduction.ts';
import type { Reproduced } from './reproduce.ts';
import { sweepCells, type SweepSpec } from './sweep-cells.ts';
import { summariseSweep } from './sweep-summary.ts';

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
  const summary = summariseSweep(spec, finished);
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
