/**
 * `npm run fuzz-readers -- [--inputs N] [--seed S] [--seconds T] [--sets DIR] [--processes N] [--json]`: mutated files for
 * every reader, see run-fuzz.ts; until N inputs or T seconds are over. DIR holds data sets in their own formats (docs/data.md names the files); they are mutated too.
 */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { fuzzReaders } from './run-fuzz.ts';

const USUAL_SETS = '../shared/data';
/** Files that live for a millisecond need no disk. */
const MEMORY_FOLDER = '/dev/shm';

const { values } = parseArgs({
  options: {
    inputs: { type: 'string', default: '100000' },
    seed: { type: 'string', default: '1' },
    seconds: { type: 'string' },
    sets: { type: 'string' },
    processes: { type: 'string', default: '2' },
    json: { type: 'boolean', default: false },
  },
});
const sets = values.sets ?? (existsSync(USUAL_SETS) ? USUAL_SETS : undefined);
const folder = mkdtempSync(join(existsSync(MEMORY_FOLDER) ? MEMORY_FOLDER : tmpdir(), 'synod-fuzz-'));
const started = performance.now();
const secondsSince = (): number => Math.round((performance.now() - started) / 1000);
let told = 0;
const report = await fuzzReaders(folder, {
  inputs: Number(values.inputs),
  seed: values.seed,
  processes: Number(values.processes),
  sets,
  seconds: values.seconds === undefined ? undefined : Number(values.seconds),
  onFinding: ({ reader, input, fault, bytes }) => {
    process.stderr.write(
      `${reader}, input ${input} of seed ${values.seed}: ${fault}\n  ${bytes.slice(0, 400)}\n`,
    );
  },
  onProgress: (done) => {
    if (done < told + 50_000) return;
    told = done;
    process.stderr.write(`${done} of ${values.inputs} inputs in ${secondsSince()} s\n`);
  },
});
rmSync(folder, { recursive: true, force: true });
const seconds = secondsSince();
process.stderr.write(
  `${report.inputs} inputs in ${seconds} s: ${report.values} values, ${report.sentences} sentences, ${report.findings.length} findings\n`,
);
if (values.json) process.stdout.write(`${JSON.stringify({ ...report, seed: values.seed, sets, seconds })}\n`);
process.exit(report.findings.length === 0 ? 0 : 1);
