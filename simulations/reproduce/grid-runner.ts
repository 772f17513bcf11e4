/**
 * Runs the cells of a reproduction on worker threads and keeps each outcome as a file, so that a run that was stopped
 * goes on where it was. An outcome is taken from its file only where the cell's settings and the code's version of
 * them have the same digest.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Worker } from 'node:worker_threads';
import { digestOf } from '../../src/crypto/hash.ts';
import { makeFolder } from '../../src/files/folder.ts';
import { writeWholeFile } from '../../src/files/whole-file.ts';
import { OperatorError } from '../../src/foundation/operator-error.ts';
import { startWorker } from '../../src/foundation/start-worker.ts';
import type { Cell, FinishedCell, Outcome } from './reproduction.ts';

export interface GridOptions {
  /** Whose runner the cells need: a reproduction's name, or LAB. */
  readonly reproduction: string;
  readonly cells: readonly Cell[];
  readonly dataDir: string | undefined;
  /** The folder of the outcomes; made where missing. */
  readonly folder: string;
  readonly threads: number;
  readonly onProgress: (progress: GridProgress) => void;
  readonly signal?: AbortSignal;
}

export interface GridProgress {
  readonly finished: number;
  readonly total: number;
  /** Cells whose outcome was already there. */
  readonly resumed: number;
  /** Of this run's work, 0 .. 1, parts of running cells included. */
  readonly share: number;
  readonly secondsLeft: number | undefined;
  /** Cells that are under way, with the share that is done of each. */
  readonly running: readonly { readonly id: string; readonly share: number }[];
  /** The cell that was finished last in this run. */
  readonly last: FinishedCell | undefined;
}

export type ToCellWorker = { readonly kind: 'run'; readonly cell: Cell } | { readonly kind: 'end' };
export type FromCellWorker =
  | { readonly kind: 'ready' }
  | { readonly kind: 'progress'; readonly share: number }
  | { readonly kind: 'done'; readonly outcome: Outcome }
  | { readonly kind: 'failed'; readonly message: string; readonly operator: boolean };

export interface CellWorkerData {
  readonly reproduction: string;
  readonly dataDir: string | undefined;
}

/** All outcomes, in the order of the cells. Rejects with the first failure; outcomes until then are kept. */
export async function runGrid(options: GridOptions): Promise<FinishedCell[]> {
  const { cells, folder, signal } = options;
  makeFolder(folder);
  const outcomes = new Map(finishedCells(folder, cells).map(({ id, outcome }) => [id, outcome]));
  const waiting = cells.filter(({ id }) => !outcomes.has(id));
  const tracker = new ProgressTracker(cells.length, waiting.length, options.onProgress);
  tracker.report();
  const threads = Math.min(options.threads, waiting.length);
  const workers = Array.from({ length: threads }, (_, i) => {
    const workerData: CellWorkerData = { reproduction: options.reproduction, dataDir: options.dataDir };
    const worker = startWorker('./cell-worker', import.meta.url, { workerData });
    return { worker, slot: i };
  });
  const stop = () => workers.forEach(({ worker }) => void worker.terminate());
  signal?.addEventListener('abort', stop, { once: true });
  try {
    await Promise.all(
      workers.map(({ worker, slot }) =>
        drain(
          worker,
          waiting,
          (cell, share) => tracker.setRunning(slot, cell, share),
          (cell, outcome) => {
            writeOutcome(folder, cell, outcome);
            outcomes.set(cell.id, outcome);
            tracker.finish(slot, { ...cell, outcome });
          },
        ),
      ),
    );
  } finally {
    signal?.removeEventListener('abort', stop);
    stop();
  }
  return cells.map((cell) => ({ ...cell, outcome: outcomes.get(cell.id) as Outcome }));
}

/** Those of the cells whose outcome the folder holds. */
export function finishedCells(folder: string, cells: readonly Cell[]): FinishedCell[] {
  return cells.flatMap((cell) => {
    const outcome = readOutcome(folder, cell);
    return outcome === undefined ? [] : [{ ...cell, outcome }];
  });
}

/** Feeds one thread until no cell is left. */
function drain(
  worker: Worker,
  waiting: Cell[],
  onProgress: (cell: Cell, share: number) => void,
  onDone: (cell: Cell, outcome: Outcome) => void,
): Promise<void> {
  return new Promise((resolve, reject) => {
    let current: Cell | undefined;
    const next = () => {
      current = waiting.shift();
      const message: ToCellWorker = current === undefined ? { kind: 'end' } : { kind: 'run', cell: current };
      if (current !== undefined) onProgress(current, 0);
      worker.postMessage(message);
    };
    worker.on('message', (message: FromCellWorker) => {
      switch (message.kind) {
        case 'ready':
          next();
          break;
        case 'progress':
          if (current !== undefined) onProgress(current, message.share);
          break;
        case 'done':
          try {
            if (current !== undefined) onDone(current, message.outcome);
            next();
          } catch (error) {
            reject(error instanceof Error ? error : new Error(String(error))); // the outcome could not be written
          }
          break;
        case 'failed':
          reject(message.operator ? new OperatorError(message.message) : new Error(message.message));
      }
    });
    worker.on('error', reject);
    worker.on('exit', (code) => {
      if (current === undefined && code === 0) resolve();
      else reject(new OperatorError('the run was stopped; run the same command again to go on'));
    });
  });
}

class ProgressTracker {
  private readonly total: number;
  private readonly fresh: number;
  private readonly onProgress: (progress: GridProgress) => void;
  private readonly started = performance.now();
  private readonly running = new Map<number, { readonly id: string; readonly share: number }>();
  private finishedNow = 0;
  private last: FinishedCell | undefined;

  constructor(total: number, fresh: number, onProgress: (progress: GridProgress) => void) {
    this.total = total;
    this.fresh = fresh;
    this.onProgress = onProgress;
  }

  setRunning(slot: number, { id }: Cell, share: number): void {
    this.running.set(slot, { id, share });
    this.report();
  }

  finish(slot: number, cell: FinishedCell): void {
    this.last = cell;
    this.running.delete(slot);
    this.finishedNow += 1;
    this.report();
  }

  report(): void {
    let done = this.finishedNow;
    const running = [...this.running.values()];
    for (const { share } of running) done += share;
    const share = this.fresh === 0 ? 1 : done / this.fresh;
    const seconds = (performance.now() - this.started) / 1000;
    const resumed = this.total - this.fresh;
    const secondsLeft = share > 0 ? (seconds * (1 - share)) / share : undefined;
    const finished = resumed + this.finishedNow;
    const { total, last } = this;
    this.onProgress({ finished, total, resumed, share, secondsLeft, running, last });
  }
}

interface StoredOutcome {
  readonly settings: string;
  readonly outcome: Outcome;
}

function settingsDigest(cell: Cell): string {
  return digestOf('synod/reproduction-cell', JSON.stringify(cell.settings));
}

function pathOf(folder: string, cell: Cell): string {
  return join(folder, `${cell.id}.json`);
}

function readOutcome(folder: string, cell: Cell): Outcome | undefined {
  try {
    const stored = JSON.parse(readFileSync(pathOf(folder, cell), 'utf8')) as StoredOutcome;
    return stored.settings === settingsDigest(cell) ? stored.outcome : undefined;
  } catch {
    return undefined; // never begun, or stopped while it was written
  }
}

function writeOutcome(folder: string, cell: Cell, outcome: Outcome): void {
  const stored: StoredOutcome = { settings: settingsDigest(cell), outcome };
  writeWholeFile(pathOf(folder, cell), JSON.stringify(stored));
}
