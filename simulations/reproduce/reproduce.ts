/** Runs a reproduction: its grid on worker threads, then its report. */
import { join } from 'node:path';
import { invalidField } from '../../src/foundation/operator-error.ts';
import { findReproduction } from './catalogue.ts';
import { runGrid, type GridProgress } from './grid-runner.ts';
import { writeReport } from './report.ts';
import type { Cell, GridSize } from './reproduction.ts';
import type { Verdict } from './verdict.ts';

const SIZE_FLAGS: Readonly<Record<GridSize, string>> = { quick: ' --quick', standard: '', paper: ' --full' };

export interface ReproduceOptions {
  readonly name: string;
  readonly size: GridSize;
  /** The reproduction's own unless given. */
  readonly seeds?: readonly number[];
  /** Only cells whose id contains this; the claims are then not judged. */
  readonly only?: string;
  /** Finds the folder of a data set that is needed. */
  readonly provideData: (name: string) => Promise<string | undefined>;
  readonly out: string;
  readonly threads: number;
  readonly onProgress: (progress: GridProgress) => void;
  readonly signal?: AbortSignal;
}

export interface Reproduced {
  readonly json: unknown;
  readonly verdicts: readonly Verdict[];
  readonly files: readonly string[];
}

export async function reproduce(options: ReproduceOptions): Promise<Reproduced> {
  const reproduction = findReproduction(options.name);
  const { size, out } = options;
  const seeds = options.seeds ?? (size === 'quick' ? reproduction.quickSeeds : reproduction.defaultSeeds);
  const request = { size, seeds };
  const wanted = selectCells(reproduction.cells(request), options.only);
  const cells = await runGrid({
    reproduction: reproduction.name,
    cells: wanted,
    dataDir: await options.provideData(reproduction.data),
    folder: join(out, 'cells'),
    threads: options.threads,
    onProgress: options.onProgress,
    ...(options.signal && { signal: options.signal }),
  });
  const reductions = reproduction.reductions(request);
  const whole = reproduction.summarise(cells, request);
  const summary = options.only === undefined ? whole : { ...whole, verdicts: whole.verdicts.map(unjudged) };
  const files = await writeReport(out, {
    title: reproduction.title,
    about: reproduction.about,
    command: `synod reproduce ${reproduction.name}${SIZE_FLAGS[size]} --seeds ${seedsText(seeds)}${options.only === undefined ? '' : ` --only '${options.only}'`}`,
    remarks: reductions.length === 0 ? [] : [`Smaller than the paper: ${reductions.join(' ')}`],
    cells,
    summary,
  });
  return { json: summary.json, verdicts: summary.verdicts, files };
}

function selectCells(cells: readonly Cell[], only: string | undefined): readonly Cell[] {
  if (only === undefined) return cells;
  const wanted = cells.filter(({ id }) => id.includes(only));
  if (wanted.length > 0) return wanted;
  const example = cells[0]?.id ?? '';
  throw invalidField('--only', `be part of the name of a cell, such as ${example}`, only);
}

function unjudged(verdict: Verdict): Verdict {
  const word = verdict.source === null ? verdict.word : "not tested at the paper's size";
  return { ...verdict, word, answer: 'not run', seen: 'Only some of its runs were asked for.' };
}

/** `123..125` where the seeds are a range, else `1,4,9`. */
export function seedsText(seeds: readonly number[]): string {
  const first = seeds[0] ?? 0;
  const isRange = seeds.every((seed, i) => seed === first + i);
  return isRange && seeds.length > 1 ? `${first}..${first + seeds.length - 1}` : seeds.join(',');
}
