/**
 * Prints the table of docs/decisions/moving-the-house.md anew. With `--base FOLDER`: trains the same experiments with
 * the code of another built checkout as well, and prints what the parameters of both end as; fails where two differ.
 */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import {
  spelledOut,
  stateDigests,
  TEN_EXPERIMENTS,
  WORKERS,
} from '../simulations/training/ten-experiments.ts';

async function openLab(checkout) {
  const file = pathToFileURL(join(checkout, 'simulations/training/training-lab.ts')).href;
  const { TrainingLab } = await import(file);
  return TrainingLab.open({ dataDir: undefined, backend: 'wasm' });
}

/** Of the float32 parameters after the last round, little-endian. */
async function parametersOf(lab, one) {
  const experiment = spelledOut(one);
  const { simulation } = await lab.prepare({
    ...{ experiment, workers: WORKERS, byzantine: one.fields.aggregation.f, attack: one.attack },
    ...{ evaluations: 1, curveExamples: 10 },
  });
  for (let round = 0; round < experiment.rounds; round++) await simulation.runRound();
  const { buffer, byteOffset, byteLength } = simulation.state.parameters;
  return createHash('sha256')
    .update(new Uint8Array(buffer, byteOffset, byteLength))
    .digest('hex');
}

async function comparedWith(base) {
  const here = await openLab(fileURLToPath(new URL('..', import.meta.url)));
  const there = await openLab(base);
  const rows = ['| experiment | attack | parameters | of the base |', '|---|---|---|---|'];
  for (const one of TEN_EXPERIMENTS) {
    const [own, other] = [await parametersOf(here, one), await parametersOf(there, one)];
    if (own !== other) process.exitCode = 1;
    rows.push(
      `| ${one.name} | \`${one.attack}\` | \`${own}\` | ${own === other ? 'equal' : `\`${other}\``} |`,
    );
  }
  for (const lab of [here, there]) await lab.close();
  return rows;
}

const { base } = parseArgs({ options: { base: { type: 'string' } } }).values;
const rows = base === undefined ? await stateDigests() : await comparedWith(base);
for (const row of rows) process.stdout.write(`${row}\n`);
