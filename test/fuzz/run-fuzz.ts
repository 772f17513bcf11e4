/**
 * Reads mutated files: each gives a value or a sentence of one line, in time, and without taking memory by a claim of
 * the file. Equal seeds give equal inputs; a finding keeps the input.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { OperatorError } from '../../src/foundation/operator-error.ts';
import { SeededRandom } from '../../src/foundation/seeded-random.ts';
import { mutate } from './mutate.ts';
import { openReaders } from './readers.ts';

export interface Finding {
  readonly reader: string;
  readonly input: number;
  readonly fault: string;
  readonly bytes: string;
}

export interface FuzzReport {
  readonly inputs: number;
  readonly values: number;
  readonly sentences: number;
  readonly findings: readonly Finding[];
}

const MEBIBYTE = 2 ** 20;
/** A second a megabyte, and at least two: a machine may be busy with other things. */
const MOST_MS = 2000;
/** What readers, libraries and the collector take besides four times the file. */
const MEMORY_SLACK = 64 * MEBIBYTE;
const MOST_FINDINGS = 20;

export async function fuzzReaders(
  folder: string,
  { inputs, seed }: { readonly inputs: number; readonly seed: string | number },
  onProgress: (done: number) => void = () => {},
): Promise<FuzzReport> {
  const readers = await openReaders(folder);
  const random = new SeededRandom(seed, 'fuzz-readers');
  const everything = readers.flatMap(({ originals }) => originals);
  const pick = <T>(list: readonly T[]): T => list[random.nextBelow(list.length)] as T;
  const findings: Finding[] = [];
  let [values, sentences] = [0, 0];
  for (let input = 0; input < inputs && findings.length < MOST_FINDINGS; input++) {
    const reader = readers[input % readers.length] as (typeof readers)[number];
    const bytes = mutate(pick(reader.originals), pick(everything), random);
    writeFileSync(join(folder, reader.file), bytes);
    const found = (fault: string) =>
      findings.push({ reader: reader.name, input, fault, bytes: Buffer.from(bytes).toString('base64') });
    const before = process.memoryUsage().arrayBuffers;
    const started = performance.now();
    try {
      await reader.read();
      values += 1;
    } catch (error) {
      sentences += 1;
      const { message, stack } = error as Error;
      if (!(error instanceof OperatorError)) found(`not a sentence: ${stack ?? message}`);
      else if (/[\n\r]/.test(message)) found(`several lines: ${message}`);
    }
    const took = performance.now() - started;
    const megabytes = bytes.length / MEBIBYTE;
    if (took > Math.max(MOST_MS, 1000 * megabytes)) found(`took ${took.toFixed(0)} ms`);
    const grown = process.memoryUsage().arrayBuffers - before;
    if (grown > 4 * bytes.length + MEMORY_SLACK) found(`took ${(grown / MEBIBYTE).toFixed(0)} MiB`);
    // the other files of a format stay whole
    writeFileSync(join(folder, reader.file), reader.originals[0] as Uint8Array);
    if (input % 1000 === 0) onProgress(input);
  }
  return { inputs: values + sentences, values, sentences, findings };
}
