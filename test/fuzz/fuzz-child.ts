/**
 * The process that reads: every STEP-th input from FROM on, each written to a file first. What it is at stands in a file
 * that the parent looks at, because a reader that hangs sends nothing. Started by run-fuzz.ts.
 */
import { openSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { OperatorError } from '../../src/foundation/operator-error.ts';
import { SeededRandom } from '../../src/foundation/seeded-random.ts';
import type { ChildTask, ChildWord, Tally } from './fuzz-messages.ts';
import { MEMORY_BASE_BYTES, mostMilliseconds } from './limits.ts';
import { mutate } from './mutate.ts';
import { beginPeak } from './peak-memory.ts';
import { plantedReaders } from './plants.ts';
import { openReaders, type Reader } from './readers.ts';

const WORDS_EVERY_INPUTS = 250;
/** Whatever an input took before is no business of the next one's. */
const COLLECT_EVERY_INPUTS = 2000;

const collect = (globalThis as { readonly gc?: () => void }).gc;
const say = (word: ChildWord): boolean | undefined => process.send?.(word);

process.once('message', (task: ChildTask) => void run(task));

async function run({ folder, sets, seed, from, step, end, planted }: ChildTask): Promise<void> {
  const place = openSync(join(folder, 'at'), 'w');
  const readers = [
    ...(await openReaders(folder, sets)),
    ...plantedReaders(folder).filter(({ name }) => name === planted),
  ];
  const everything = readers.flatMap(({ originals }) => originals);
  let tallies: Record<string, Tally> = {};
  const tell = (next: number): void => {
    say({ kind: 'progress', next, tallies });
    tallies = {};
  };
  for (let input = from, done = 1; input < end; input += step, done++) {
    const reader = readers[input % readers.length] as Reader;
    const random = new SeededRandom(seed, 'fuzz-readers', input);
    const pick = (list: readonly Uint8Array[]): Uint8Array =>
      list[random.nextBelow(list.length)] as Uint8Array;
    const bytes = mutate(pick(reader.originals), pick(everything), random);
    writeFileSync(join(folder, reader.file), bytes);
    writeSync(place, `${String(input).padEnd(15)} ${reader.file.padEnd(80)}`, 0);
    const tally = (tallies[reader.name] ??= { inputs: 0, values: 0 });
    tally.inputs += 1;
    const outcome = await readOnce(reader, bytes.length);
    if (outcome.isValue) tally.values += 1;
    for (const fault of [outcome.fault, await confirmed(reader, bytes.length, outcome)]) {
      if (fault !== undefined) {
        say({
          kind: 'finding',
          reader: reader.name,
          input,
          fault,
          bytes: Buffer.from(bytes).toString('base64'),
        });
      }
    }
    // the other files of a format stay whole
    writeFileSync(join(folder, reader.file), reader.originals[0] as Uint8Array);
    if (done % WORDS_EVERY_INPUTS === 0) tell(input + step);
    if (done % COLLECT_EVERY_INPUTS === 0) collect?.();
  }
  tell(end);
  process.disconnect();
}

interface Outcome {
  readonly isValue: boolean;
  /** Neither a value nor a sentence. */
  readonly fault: string | undefined;
  readonly milliseconds: number;
  readonly peakBytes: number;
}

async function readOnce(reader: Reader, length: number): Promise<Outcome> {
  const peak = beginPeak();
  const started = process.cpuUsage();
  let isValue = true;
  let fault: string | undefined;
  try {
    await reader.read();
  } catch (error) {
    isValue = false;
    const { message, stack } = error as Error;
    if (!(error instanceof OperatorError)) fault = `not a sentence: ${stack ?? message}`;
    else if (/[\n\r]/.test(message)) fault = `several lines: ${message}`;
  }
  return { isValue, fault, milliseconds: computedMs(started), peakBytes: peak.end() - 4 * length };
}

/** Of this process: a machine that is busy with other things makes no reader slow. A reader that waits is the parent's to see. */
function computedMs(started: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(started);
  return (user + system) / 1000;
}

/** What took too long or too much, twice: the compiler and the collector can cost the first one time and memory. */
async function confirmed(reader: Reader, length: number, first: Outcome): Promise<string | undefined> {
  const isOver = ({ milliseconds, peakBytes }: Outcome): boolean =>
    milliseconds > mostMilliseconds(length) || peakBytes > MEMORY_BASE_BYTES;
  if (!isOver(first)) return undefined;
  collect?.();
  const again = await readOnce(reader, length);
  const milliseconds = Math.min(first.milliseconds, again.milliseconds);
  if (milliseconds > mostMilliseconds(length)) return `took ${milliseconds.toFixed(0)} ms, twice`;
  const above = Math.min(first.peakBytes, again.peakBytes);
  if (above > MEMORY_BASE_BYTES)
    return `took ${(above / 2 ** 20).toFixed(0)} MiB above 4 times the file, twice`;
  return undefined;
}
