/** Runs a reproduction: its grid on worker threads, then its report. */
import { join } from 'node:path';
import { findReproduction } from './catalogue.ts';
import { runGrid, type GridProgress } from './grid-runner.ts';
import { writeReport } from './report.ts';
import type { GridSize, Verdict } from './reproduction.ts';

const SIZE_FLAGS: Readonly<Record<GridSize, string>> = { quick: ' --quick', standard: '', paper: ' --full' };

export interface ReproduceOptions {
  readonly name: string;
  readonly size: GridSize;
  /** The reproduction's own unless given. */
  readonly seeds?: readonly number[];
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
  const cells = await runGrid({
    reproduction: reproduction.name,
    cells: reproduction.cells(request),
    dataDir: await options.provideData(reproduction.data),
    folder: join(out, 'cells'),
    threads: options.threads,
    onProgress: options.onProgress,
    ...(options.signal && { signal: options.signal }),
  });
  const reductions = reproduction.reductions(request);
  const summary = reproduction.summarise(cells, request);
  const files = await writeReport(out, {
    title: reproduction.title,
    about: reproduction.about,
    command: `synod reproduce ${reproduction.name}${SIZE_FLAGS[size]} --seeds ${seedsText(seeds)}`,
    remarks: reductions.length === 0 ? [] : [`Smaller than the paper: ${reductions.join(' ')}`],
    cells,
    summary,
  });
  return { json: summary.json, verdicts: summary.verdicts, files };
}

/** `123..125` where the seeds are a range, else `1,4,9`. */
export function seedsText(seeds: readonly number[]): string {
  const first = seeds[0] ?? 0;
  const isRange = seeds.every((seed, i) => seed === first + i);
  return isRange && seeds.length > 1 ? `${first}..${first + seeds.length - 1}` : seeds.join(',');
}
