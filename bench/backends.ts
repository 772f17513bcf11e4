/**
 * Milliseconds of one gradient for each model and back end, in one run: `npm run bench:backends [-- --json] [--models
 * REGEX] [--backends a,b]`. Every back end runs the very engine that training uses, flat vector in and out. Back ends take
 * turns within a model and the median counts, so that a busy machine slows all alike; ratios are the point.
 */
import { parseArgs } from 'node:util';
import { BACKEND_NAMES, type BackendName } from '../src/training/backends/all-backends.ts';
import type { Backend } from '../src/training/backends/backend.ts';
import { BackendUnavailable } from '../src/training/backends/define-backend.ts';
import { startBackend } from '../src/training/backends/start-backend.ts';
import { initialParameters } from '../src/training/initial-parameters.ts';
import { openMemoryDataset } from '../src/training/memory-dataset.ts';
import { openTask } from '../src/training/open-task.ts';
import { createGradientEngine } from '../src/training/tensor-engine.ts';
import { BENCH_MODELS, type BenchModel } from './backend-models.ts';

interface Row {
  readonly model: string;
  readonly backend: BackendName;
  readonly msPerStep: number;
  /** Processor time of all threads: what a busy machine does not distort. */
  readonly cpuMsPerStep: number;
  /** Largest difference from the reference back end's gradient, relative to its largest coordinate. */
  readonly maxRelativeError: number;
  /** Time against wasm's in this run. */
  readonly timesWasm: number;
}

const SECONDS_PER_ENTRY = 3;
const FEWEST_STEPS = 5;
const MOST_STEPS = 200;

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    models: { type: 'string' },
    backends: { type: 'string' },
  },
});
const wantedModels = new RegExp(values.models ?? '');
const wantedBackends = values.backends?.split(',');

const backends: Backend[] = [];
for (const name of BACKEND_NAMES) {
  if (wantedBackends !== undefined && !wantedBackends.includes(name)) continue;
  try {
    backends.push(await startBackend(name, { allowSoftware: wantedBackends !== undefined }));
  } catch (error) {
    if (!(error instanceof BackendUnavailable)) throw error;
    process.stderr.write(`${name} skipped: ${error.message}\n`);
  }
}

const rows: Row[] = [];
for (const model of BENCH_MODELS) {
  if (!wantedModels.test(model.name)) continue;
  const measured = await measure(model);
  rows.push(...measured);
  for (const row of measured) {
    const times = Number.isFinite(row.timesWasm) ? `${row.timesWasm.toFixed(2)} x wasm` : '';
    const error = row.maxRelativeError.toExponential(1);
    process.stderr.write(
      `${row.model.padEnd(44)} ${row.backend.padEnd(12)} ${row.msPerStep.toFixed(2).padStart(9)} ms (${row.cpuMsPerStep.toFixed(2)} ms of processor)  ${times.padEnd(14)} error ${error}\n`,
    );
  }
}
for (const backend of backends) backend.close();
if (values.json) process.stdout.write(`${JSON.stringify({ rows })}\n`);

async function measure(model: BenchModel): Promise<Row[]> {
  const dataset = openMemoryDataset(model.data());
  const task = await openTask(model.task, dataset);
  const parameters = initialParameters(task, 1);
  const batch = dataset.read(Array.from({ length: model.batch }, (_, i) => i % dataset.size));
  const entries = [];
  for (const backend of backends) {
    // plain JavaScript would take minutes on the large models
    if (backend.name === 'cpu' && model.heavy) continue;
    const engine = await createGradientEngine(task, dataset, backend);
    const gradient = new Float32Array(parameters.length);
    const started = performance.now();
    await engine.gradient(parameters, batch, gradient);
    const firstMs = performance.now() - started;
    entries.push({
      name: backend.name,
      engine,
      gradient,
      firstMs,
      times: [] as number[],
      cpuTimes: [] as number[],
    });
  }
  const slowest = Math.max(...entries.map(({ firstMs }) => firstMs));
  const rounds = Math.min(
    MOST_STEPS,
    Math.max(FEWEST_STEPS, Math.ceil((SECONDS_PER_ENTRY * 1000) / slowest)),
  );
  for (let round = 0; round < rounds; round++) {
    for (const entry of entries) {
      const started = performance.now();
      const before = process.cpuUsage();
      await entry.engine.gradient(parameters, batch, entry.gradient);
      const { user, system } = process.cpuUsage(before);
      entry.times.push(performance.now() - started);
      entry.cpuTimes.push((user + system) / 1000);
    }
  }
  const reference =
    entries.find(({ name }) => name === 'tfjs-node') ?? entries.find(({ name }) => name === 'wasm');
  const wasm = entries.find(({ name }) => name === 'wasm');
  return entries.map(({ name, gradient, times, cpuTimes }) => ({
    model: model.name,
    backend: name,
    msPerStep: median(times),
    cpuMsPerStep: median(cpuTimes),
    maxRelativeError: reference === undefined ? NaN : relativeError(gradient, reference.gradient),
    timesWasm: wasm === undefined ? NaN : median(times) / median(wasm.times),
  }));
}

function median(times: readonly number[]): number {
  const sorted = [...times].sort((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? NaN;
}

function relativeError(actual: Float32Array, expected: Float32Array): number {
  let [difference, largest] = [0, 0];
  expected.forEach((value, i) => {
    largest = Math.max(largest, Math.abs(value));
    difference = Math.max(difference, Math.abs(value - (actual[i] as number)));
  });
  return difference / largest;
}
