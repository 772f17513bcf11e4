/** `npm run fuzz-readers -- [--inputs N] [--seed S] [--json]`: mutated files for every reader, see run-fuzz.ts. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { fuzzReaders } from './run-fuzz.ts';

const { values } = parseArgs({
  options: {
    inputs: { type: 'string', default: '100000' },
    seed: { type: 'string', default: '1' },
    json: { type: 'boolean', default: false },
  },
});
const folder = mkdtempSync(join(tmpdir(), 'synod-fuzz-'));
const started = performance.now();
const report = await fuzzReaders(folder, { inputs: Number(values.inputs), seed: values.seed }, (done) => {
  if (done % 50_000 === 0) process.stderr.write(`${done} of ${values.inputs} inputs\n`);
});
rmSync(folder, { recursive: true, force: true });
const seconds = Math.round((performance.now() - started) / 1000);
for (const { reader, input, fault, bytes } of report.findings) {
  process.stderr.write(
    `${reader}, input ${input} of seed ${values.seed}: ${fault}\n  ${bytes.slice(0, 400)}\n`,
  );
}
process.stderr.write(
  `${report.inputs} inputs in ${seconds} s: ${report.values} values, ${report.sentences} sentences, ${report.findings.length} findings\n`,
);
if (values.json) process.stdout.write(`${JSON.stringify({ ...report, seed: values.seed, seconds })}\n`);
process.exit(report.findings.length === 0 ? 0 : 1);
