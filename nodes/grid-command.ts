/** What the commands that run grids share: folders, threads, progress on stderr, the outcome on stdout, signals. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import type { GridProgress } from '../simulations/reproduce/grid-runner.ts';
import { verdictText, type Verdict } from '../simulations/reproduce/verdict.ts';
import { makeOutputFolder } from '../src/files/output-target.ts';
import { parseDatasetSpec, type DatasetSpec } from '../src/training/data/dataset-spec.ts';
import { threeDigits, durationText } from '../src/observe/sentences.ts';
import { createWorkDisplay, type WorkState } from './display/work-display.ts';
import { untilInterrupted } from './interrupt.ts';
import { checkDataFolder, unusedDataFolder } from './data-folder.ts';
import { provideData } from './provide-data.ts';

/** Looked at before anything is downloaded. */
const USUAL_DATA_DIR = '../shared/data';
const MOST_RUNNING = 4;

interface GridFlags {
  readonly seeds: readonly number[] | undefined;
  readonly dataDir: string | undefined;
  readonly out: string | undefined;
  readonly threads: number;
  readonly json: boolean;
  readonly quiet: boolean;
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
  const { seeds, threads, dataDir, json, quiet } = flags;
  const out = flags.out ?? usualOut;
  checkDataFolder(dataDir);
  makeOutputFolder(out, '--out');
  process.stderr.write(`results and unfinished work go to ${resolve(out)}\n`);
  const { signal, release } = untilInterrupted();
  const display = createWorkDisplay({ stream: process.stderr, quiet });
  const opened: DatasetSpec[] = [];
  let outcome: GridOutcome;
  try {
    outcome = await run({
      ...(seeds === undefined ? {} : { seeds }),
      threads,
      provideData: (data) => {
        const spec = parseDatasetSpec(data, 'data');
        opened.push(spec);
        return folderOf(spec, dataDir, signal);
      },
      out,
      onProgress: (progress) => display.show(gridState(progress)),
      signal,
    });
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  } finally {
    display.stop();
    release();
  }
  const unused = opened.map((spec) => unusedDataFolder(dataDir, spec));
  if (unused[0] !== undefined && !unused.includes(undefined)) process.stderr.write(`synod: ${unused[0]}\n`);
  printOutcome(outcome, json);
}

async function folderOf(
  data: DatasetSpec,
  dataDir: string | undefined,
  signal: AbortSignal,
): Promise<string | undefined> {
  const known = dataDir ?? (existsSync(USUAL_DATA_DIR) ? USUAL_DATA_DIR : undefined);
  const spec = await provideData(data, { dataDir: known, signal });
  return 'dir' in spec ? spec.dir : undefined;
}

/** What is known of a grid under way: how much, which cells, and what the newest one came to. */
export function gridState(progress: GridProgress): WorkState {
  const { finished, total, resumed, share, secondsLeft, running, last } = progress;
  const under = running.map(({ id, share: part }) => `${id} ${(100 * part).toFixed(0)} %`);
  const more = under.length - MOST_RUNNING;
  const values = Object.entries(last?.outcome.values ?? {});
  return {
    share,
    secondsLeft,
    done: [`${finished} of ${total} cells`, ...(resumed > 0 ? [`${resumed} from before`] : [])],
    details: [
      under.length === 0
        ? []
        : [`now ${under[0]}`, ...under.slice(1, MOST_RUNNING), ...(more > 0 ? [`and ${more} more`] : [])],
      last === undefined
        ? []
        : [
            `last ${last.id} in ${durationText(last.outcome.seconds)}`,
            ...values.map(([name, value]) => `${name} ${threeDigits(value)}`),
          ],
    ],
  };
}

function printOutcome(outcome: GridOutcome, json: boolean): void {
  for (const verdict of outcome.verdicts) {
    const { head, text } = verdictText(verdict);
    process.stderr.write(`${head}: ${text}\n`);
  }
  for (const file of outcome.files) process.stderr.write(`wrote ${file}\n`);
  if (json) process.stdout.write(`${JSON.stringify(outcome.json)}\n`);
}
