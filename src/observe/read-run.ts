/** A stored run, rebuilt from its event log; lines that break the table are counted and left out. */
import { findLog, readLog } from './log-files.ts';
import { parseEvent } from './parse-event.ts';
import { RunView } from './run-view.ts';
import { OperatorError } from '../foundation/operator-error.ts';

export interface StoredRun {
  readonly folder: string;
  readonly view: RunView;
  /** Lines that could not be read, and what was wrong with the first of them. */
  readonly skipped: number;
  readonly fault: string | undefined;
}

/** Throws an OperatorError where the folder holds no event log, or one without a header. */
export async function readRun(folder: string): Promise<StoredRun> {
  const path = findLog(folder);
  const view = new RunView();
  let [skipped, fault]: [number, string | undefined] = [0, undefined];
  for await (const line of readLog(path)) {
    const parsed = parseEvent(line);
    if ('event' in parsed) view.apply(parsed.event);
    else {
      skipped += 1;
      fault ??= parsed.fault;
    }
  }
  if (view.run === undefined) throw new OperatorError(`the event log in ${path} has no header`);
  return { folder: path, view, skipped, fault };
}
