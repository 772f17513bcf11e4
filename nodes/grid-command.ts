/** What the commands that run grids share: seeds, folders, threads, progress on stderr, the outcome on stdout. */
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { invalidField } from '../src/foundation/operator-error.ts';
import type { GridProgress } from '../simulations/reproduce/grid-runner.ts';
import { parseDatasetSpec } from '../src/training/data/dataset-spec.ts';
import { provideData } from './provide-data.ts';
import type { Verdict } from '../simulations/reproduce/reproduction.ts';

/** Looked at before anything is downloaded. */
const USUAL_DATA_DIR = '../shared/data';
const REPORT_EVERY_MS = process.stderr.isTTY ? 200 : 10_000;
const MOST_SEEDS = 1000;

interface GridArguments {
  readonly seeds: string | undefined;
  readonly 'data-dir': string | undefined;
  readonly out: string | undefined;
  readonly threads: number | undefined;
}

export function gridOptions(argv: GridArguments, defaultOut: string) {
  const { threads } = argv;
  if (threads !== undefined && !(Number.isInteger(threads) && threads >= 1)) {
    throw invalidField('--threads', 'be a whole number of at least 1', threads);
  }
  return {
    ...(argv.seeds === undefined ? {} : { seeds: parseSeeds(argv.seeds) }),
    threads: threads ?? availableParallelism(),
    provideData: async (name: string) => {
      const known = argv['data-dir'] ?? (existsSync(USUAL_DATA_DIR) ? USUAL_DATA_DIR : undefined);
      const spec = await provideData(parseDatasetSpec(name, 'data'), { dataDir: known });
      return 'dir' in spec ? spec.dir : undefined;
    },
    out: argv.out ?? defaultOut,
    onProgress: progressPrinter(),
  };
}

/** `1..3`, `7` or `1,5,9`. */
export function parseSeeds(text: string): number[] {
  const range = /^(\d+)\.\.(\d+)$/.exec(text);
  if (range !== null) {
    const [from, to] = [Number(range[1]), Number(range[2])];
    if (to < from || to - from >= MOST_SEEDS) {
      throw invalidField('--seeds', `be an ascending range of at most ${MOST_SEEDS}`, text);
    }
    return Array.from({ length: to - from + 1 }, (_, i) => from + i);
  }
  if (!/^\d+(,\d+)*$/.test(text)) throw invalidField('--seeds', 'be like 1..3 or 1,5,9', text);
  return text.split(',').map(Number);
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

export function printOutcome(
  outcome: {
    readonly json: unknown;
    readonly verdicts: readonly Verdict[];
    readonly files: readonly string[];
  },
  json: boolean,
): void {
  for (const { held, claim, seen } of outcome.verdicts) process.stderr.write(`${held}: ${claim} ${seen}\n`);
  for (const file of outcome.files) process.stderr.write(`wrote ${file}\n`);
  if (json) process.stdout.write(`${JSON.stringify(outcome.json)}\n`);
}
