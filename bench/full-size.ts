/**
 * What `synod reproduce NAME --full` costs, as a table: the gradients of one seed's runs, times the CPU time of a
 * gradient of each network on one thread. Batches above SAMPLE_BATCH are measured at it and scaled; evaluation and
 * aggregation, which are small beside such gradients, are left out.
 *
 *   npm run bench:full-size -- --data-dir DIR
 */
import { parseArgs } from 'node:util';
import { reproductions } from '../simulations/reproduce/catalogue.ts';
import { groupBy } from '../simulations/reproduce/statistics.ts';
import { openLocalEngine } from '../simulations/training/local-engine.ts';
import type { LabSettings } from '../simulations/training/training-lab.ts';
import type { DatasetSpec } from '../src/training/data/dataset-spec.ts';
import { parseDatasetSpec } from '../src/training/data/dataset-spec.ts';
import { parseTaskSpec } from '../src/training/parse-task-spec.ts';

const { values: flags } = parseArgs({
  options: { 'data-dir': { type: 'string', default: '../shared/data' } },
});
const SAMPLE_BATCH = 16;
/** CPU time that a measurement takes at least, after a first gradient that compiles. */
const LEAST_MS = 2000;

/** CPU milliseconds of a gradient. */
async function costOf(model: unknown, dataName: string, batch: number): Promise<number> {
  const task = parseTaskSpec(model, 'model');
  const data = { ...parseDatasetSpec(dataName, 'data'), dir: flags['data-dir'] } as DatasetSpec;
  const engine = await openLocalEngine({ task, data, backend: 'wasm' });
  const parameters = await engine.initialParameters('bench');
  const size = Math.min(batch, SAMPLE_BATCH);
  const indices = Int32Array.from({ length: size }, (_, i) => i);
  const gradient = () => engine.gradient({ parameters, dataset: 'train', indices });
  await gradient();
  const before = process.cpuUsage();
  let count = 0;
  let ms = 0;
  while (ms < LEAST_MS) {
    await gradient();
    count++;
    const { user, system } = process.cpuUsage(before);
    ms = (user + system) / 1000;
  }
  engine.close();
  return (ms / count) * (batch / size);
}

/** Networks that take less are not worth a line. */
const LEAST_HOURS = 0.1;

interface Share {
  readonly key: string;
  readonly gradients: number;
}

function shareOf({ experiment, workers, idleAdvance }: LabSettings): Share {
  const { model, data, batchSize, rounds, estimator, cohort } = experiment as {
    readonly model: unknown;
    readonly data: string;
    readonly batchSize?: number;
    readonly rounds: number;
    readonly estimator?: { readonly kind?: string };
    readonly cohort?: { readonly size?: number };
  };
  // the double momentum takes each batch at two models
  const passes = estimator?.kind === 'mu2-sgd' ? 2 : 1;
  const key = JSON.stringify([model, data, batchSize ?? 32]);
  const computing = idleAdvance === true ? workers : (cohort?.size ?? workers);
  return { key, gradients: computing * rounds * passes };
}

const costs = new Map<string, number>();
process.stdout.write(
  '| name | runs a seed | gradients a seed | network, batch | ms a gradient | hours of one core a seed |\n',
);
process.stdout.write('|---|---|---|---|---|---|\n');
for (const reproduction of reproductions) {
  const { name } = reproduction;
  const labs = reproduction
    .cells({ size: 'paper', seeds: [1] })
    .flatMap(({ settings }) => (settings['lab'] === undefined ? [] : [settings['lab'] as LabSettings]));
  for (const [key, shares] of groupBy(labs.map(shareOf), (share) => share.key)) {
    const [model, data, batch] = JSON.parse(key) as [unknown, string, number];
    const ms = costs.get(key) ?? (await costOf(model, data, batch));
    costs.set(key, ms);
    const gradients = shares.reduce((sum, share) => sum + share.gradients, 0);
    const network = typeof model === 'string' ? model : Object.values(model as object).join(' ');
    const hours = (gradients * ms) / 3.6e6;
    if (hours < LEAST_HOURS) continue;
    process.stdout.write(
      `| ${name} | ${shares.length} | ${gradients} | ${network}, ${batch} | ${ms.toFixed(1)} | ${hours.toFixed(hours < 10 ? 1 : 0)} |\n`,
    );
  }
}
