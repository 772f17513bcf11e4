/**
 * Reads mutated files in processes that can be ended: each input gives a value or a sentence of one line, in time, and
 * without taking memory by a claim of the file (limits.ts). Equal seeds give equal inputs; a finding keeps the input.
 */
import { fork, type ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ChildTask, ChildWord, Finding, Tally } from './fuzz-messages.ts';
import { HANG_FACTOR, mostMilliseconds } from './limits.ts';

export interface FuzzOptions {
  readonly inputs: number;
  readonly seed: string | number;
  readonly processes: number;
  /** A folder of well-known data sets, which are cut to size and mutated too. */
  readonly sets?: string | undefined;
  readonly planted?: string | undefined;
  /** Of the time that an input may take: after so much of it without an answer the process is ended. */
  readonly hangFactor?: number;
  /** No process goes on after so long. */
  readonly seconds?: number | undefined;
  readonly onProgress?: (done: number) => void;
  readonly onFinding?: (finding: Finding) => void;
}

export interface FuzzReport {
  readonly inputs: number;
  readonly values: number;
  readonly sentences: number;
  readonly perReader: Readonly<Record<string, Readonly<Tally>>>;
  readonly findings: readonly Finding[];
}

const MOST_FINDINGS = 20;
const LOOK_EVERY_MS = 250;
const CHILD = fileURLToPath(new URL('fuzz-child.ts', import.meta.url));

export async function fuzzReaders(folder: string, options: FuzzOptions): Promise<FuzzReport> {
  const findings: Finding[] = [];
  const perReader: Record<string, Tally> = {};
  let done = 0;
  const endsAt = performance.now() + 1000 * (options.seconds ?? Infinity);
  const isFull = (): boolean => findings.length >= MOST_FINDINGS || performance.now() > endsAt;
  const count = (name: string, { inputs, values }: Tally): void => {
    const all = (perReader[name] ??= { inputs: 0, values: 0 });
    all.inputs += inputs;
    all.values += values;
    done += inputs;
  };
  const share = async (process: number): Promise<void> => {
    const { inputs: end, seed, processes: step, sets, planted, hangFactor = HANG_FACTOR } = options;
    for (let from = process, start = 0; from < end && !isFull(); start++) {
      const own = join(folder, `process-${process}-${start}`);
      mkdirSync(own, { recursive: true });
      from = await runChild(
        { folder: own, seed, from, step, end, sets, planted },
        { isFull, hangFactor },
        (word) => {
          if (word.kind === 'finding') {
            const { kind: _, ...finding } = word;
            findings.push(finding);
            options.onFinding?.(finding);
          } else {
            for (const [name, tally] of Object.entries(word.tallies)) count(name, tally);
            options.onProgress?.(done);
          }
        },
      );
    }
  };
  await Promise.all(Array.from({ length: options.processes }, (_, process) => share(process)));
  const values = Object.values(perReader).reduce((sum, tally) => sum + tally.values, 0);
  return { inputs: done, values, sentences: done - values, perReader, findings };
}

/** Until the child is done or was ended; the input to go on from. */
async function runChild(
  task: ChildTask,
  { isFull, hangFactor }: { readonly isFull: () => boolean; readonly hangFactor: number },
  onWord: (word: ChildWord) => void,
): Promise<number> {
  const child = fork(CHILD, { execArgv: [...process.execArgv, '--expose-gc'] });
  let next = task.from;
  let stopped: string | undefined;
  child.on('message', (word: ChildWord) => {
    if (word.kind === 'progress') next = word.next;
    onWord(word);
    if (isFull()) end(child, 'full');
  });
  const end = (ended: ChildProcess, why: string): void => {
    stopped ??= why;
    ended.kill('SIGKILL');
  };
  const ended = new Promise<string>((resolve) => {
    child.once('close', (code, signal) => resolve(`${signal ?? code}`));
  });
  let seen = '';
  let since = performance.now();
  const watch = setInterval(() => {
    const { text, length } = placeOf(task.folder);
    if (text !== seen) [seen, since] = [text, performance.now()];
    else if (text !== '' && performance.now() - since > hangFactor * mostMilliseconds(length))
      end(child, 'hang');
  }, LOOK_EVERY_MS);
  child.send(task);
  const code = await ended;
  clearInterval(watch);
  if (stopped === 'full') return task.end;
  if (stopped === undefined && code === '0' && next >= task.end) return next;
  const { text, bytes, ...place } = placeOf(task.folder);
  const input = text === '' ? next : place.input;
  // what was done since the last word is not counted; the input that ended the child is
  const fault = stopped === 'hang' ? 'did not come back' : `ended the process (${code})`;
  onWord({ kind: 'finding', reader: 'unknown', input, fault, bytes });
  return input + task.step;
}

interface Place {
  readonly text: string;
  readonly input: number;
  readonly length: number;
  readonly bytes: string;
}

/** What the child is at. */
function placeOf(folder: string): Place {
  const path = join(folder, 'at');
  const text = existsSync(path) ? readFileSync(path, 'utf8') : '';
  const [input = '', file = ''] = text.trim().split(/\s+/);
  const bytes =
    file !== '' && existsSync(join(folder, file)) ? readFileSync(join(folder, file)) : Buffer.alloc(0);
  return { text, input: Number(input), length: bytes.length, bytes: bytes.toString('base64') };
}
