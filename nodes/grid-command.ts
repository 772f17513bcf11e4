/** What the commands that run grids share: folders, threads, progress on stderr, the outcome on stdout, signals. */
import { existsSync } from 'node:fs';
import type { GridProgress } from '../simulations/reproduce/grid-runner.ts';
import type { Verdict } from '../simulations/reproduce/reproduction.ts';
import { makeOutputFolder } from '../src/files/output-target.ts';
import { parseDatasetSpec } from '../src/training/data/dataset-spec.ts';
import { untilInterrupted } from './interrupt.ts';
import { provideData } from './provide-data.ts';

/** Looked at before anything is downloaded. */
const USUAL_DATA_DIR = '../shared/data';
const REPORT_EVERY_MS = process.stderr.isTTY ? 200 : 10_000;

interface GridFlags {
  readonly seeds: readonly number[] | undefined;
  readonly dataDir: string | undefined;
  readonly out: string | undefined;
  readonly threads: number;
  readonly json: boolean;
}

interface GridOptions {
  readonly seeds?: readonly number[];
  readonly threads: number;
  readonly provideData: (data: unknown) => Promise<string | undefined>;
  readonly out: string;
  readonly onProgress: (progress: GridProgress) => void;
  readonly signal: AbortSignal;
}

interface GridOutcome {
  readonly json: unknown;
  readonly verdicts: readonly Verdict[];
  readonly files: readonly string[];
}

/** Looks at the output folder, runs the grid until it is done or interrupted, and prints what came of it. */
export async function runGridCommand(
  flags: GridFlags,
  usualOut: string,
  run: (options: GridOptions) => Promise<GridOutcome>,
): Promise<void> {
  const { seeds, threads, dataDir, json } = flags;
  const out = flags.out ?? usualOut;
  makeOutputFolder(out, '--out');
  const { signal, release } = untilInterrupted();
  try {
    const outcome = await run({
      ...(seeds === undefined ? {} : { seeds }),
      threads,
      provideData: (data) => folderOf(data, dataDir, signal),
      out,
      onProgress: progressPrinter(),
      signal,
    });
    printOutcome(outcome, json);
  } finally {
    release();
  }
}

async function folderOf(
  data: unknown,
  dataDir: string | undefined,
  signal: AbortSignal,
): Promise<string | undefined> {
  const known = dataDir ?? (existsSync(USUAL_DATA_DIR) ? USUAL_DATA_DIR : undefined);
  const spec = await provideData(parseDatasetSpec(data, 'data'), { dataDir: known, signal });
  return 'dir' in spec ? spec.dir : undefined;
}

function progressPrinter(): (progress: GridProgress) => void {
  let last = -Infinity;
  let finished = -1;
  return (progress) => {
    const now = performance.now();
    if (progress.finished === finished && now - last < REPORT_EVERY_MS) return;
    last = now;
    finished = progress.finished;
    const { total, resumed, share, secondsLeft } = progress;
    const before = resumed > 0 ? `, ${resumed} from before` : '';
    const left = secondsLeft === undefined || share === 1 ? '' : `, about ${duration(secondsLeft)} left`;
    const line = `${finished} of ${total} cells${before}, ${(100 * share).toFixed(0)} %${left}`;
    process.stderr.write(process.stderr.isTTY ? `\r\x1b[K${line}${share === 1 ? '\n' : ''}` : `${line}\n`);
  };
}

function duration(seconds: number): string {
  if (seconds < 90) return `${Math.ceil(seconds)} s`;
  return seconds < 5400 ? `${Math.ceil(seconds / 60)} min` : `${(seconds / 3600).toFixed(1)} h`;
}

function printOutcome(outcome: GridOutcome, json: boolean): void {
  for (const { held, claim, seen } of outcome.verdicts) process.stderr.write(`${held}: ${claim} ${seen}\n`);
  for (const file of outcome.files) process.stderr.write(`wrote ${file}\n`);
  if (json) process.stdout.write(`${JSON.stringify(outcome.json)}\n`);
}
