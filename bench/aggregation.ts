/**
 * Times the kernels and every aggregation rule: milliseconds, the rate at which the n x d inputs are consumed, and the
 * ratios to memcpy of the same bytes in the same run and to plain typed arrays. Repetitions of everything are
 * interleaved, so that what else the machine does falls on all alike; medians are shown.
 *
 *   npm run bench:aggregation -- [--shapes 16x1000000,64x1000000] [--threads 1,2] [--repetitions 9] [--no-plain] [--json]
 *     [--only 'gram|median']
 */
import { availableParallelism, cpus, loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { SeededRandom } from '../src/foundation/seeded-random.ts';
import { createPlainLinearAlgebra } from '../src/linalg/plain-linear-algebra.ts';
import { createWasmLinearAlgebra, type WasmLinearAlgebra } from '../src/linalg/wasm-linear-algebra.ts';
import { fillNormal, workloads, type Workload } from './aggregation-workloads.ts';
import { printTable, type Row } from './aggregation-table.ts';
import { interleavedMedians, medianTime } from './medians.ts';

const PLAIN_REPETITIONS = 1;

const { values: flags } = parseArgs({
  options: {
    shapes: { type: 'string', default: '16x1000000,64x1000000,16x10000000' },
    threads: { type: 'string', default: '1,2' },
    repetitions: { type: 'string', default: '9' },
    'no-plain': { type: 'boolean', default: false },
    only: { type: 'string', default: '' },
    json: { type: 'boolean', default: false },
  },
});

const rows: Row[] = [];
for (const shape of flags.shapes.split(',')) {
  const [n, d] = shape.split('x').map(Number) as [number, number];
  rows.push(...(await measureShape(n, d)));
}
const machine = {
  cpu: cpus()[0]?.model ?? 'unknown',
  cores: availableParallelism(),
  node: process.versions.node,
  loadAverage: loadavg()[0],
};
if (flags.json) process.stdout.write(`${JSON.stringify({ machine, rows })}\n`);
else printTable(rows, machine);

async function measureShape(n: number, d: number): Promise<Row[]> {
  const plainTimes = flags['no-plain'] ? new Map<string, number>() : await timePlain(n, d);
  const measured: Row[] = [];
  for (const threads of flags.threads.split(',').map(Number)) {
    const linalg = createWasmLinearAlgebra({ threads });
    await linalg.ready;
    const times = await timeWasm(linalg, n, d);
    const memcpy = times.get('memcpy')!;
    for (const [name, milliseconds] of times) {
      const plain = plainTimes.get(name);
      measured.push({
        ...{ n, d, threads, name, milliseconds },
        gigabytesPerSecond: (n * d * 4) / milliseconds / 1e6,
        ...(name.startsWith('gram') && { gigaflops: (n * (n + 1) * d) / milliseconds / 1e6 }),
        timeOverMemcpy: milliseconds / memcpy,
        ...(plain !== undefined && { plainOverTime: plain / milliseconds }),
      });
    }
    linalg.close();
  }
  return measured;
}

async function timeWasm(linalg: WasmLinearAlgebra, n: number, d: number): Promise<Map<string, number>> {
  const x = linalg.createMatrix(n, d);
  fillNormal(x, new SeededRandom(1, 'bench', n, d));
  const out = linalg.createMatrix(1, d);
  const work = [memcpy(n, d), ...chosen(workloads(linalg, x, out.row(0)))];
  const times = await interleavedMedians(work, Number(flags.repetitions), note(n, d, linalg.threads));
  x.free();
  out.free();
  return times;
}

/** Copies the input bytes on one thread. */
function memcpy(n: number, d: number): Workload {
  const source = Array.from({ length: n }, () => new Float32Array(d).fill(1));
  const target = Array.from({ length: n }, () => new Float32Array(d).fill(2));
  return { name: 'memcpy', run: () => target.forEach((row, i) => row.set(source[i]!)) };
}

async function timePlain(n: number, d: number): Promise<Map<string, number>> {
  const linalg = createPlainLinearAlgebra();
  const x = linalg.createMatrix(n, d);
  fillNormal(x, new SeededRandom(1, 'bench', n, d));
  const times = new Map<string, number>();
  for (const workload of chosen(workloads(linalg, x, new Float32Array(d)))) {
    note(n, d, 0)(`${workload.name}, plain`);
    times.set(workload.name, await medianTime(workload, PLAIN_REPETITIONS));
  }
  return times;
}

function chosen(work: readonly Workload[]): readonly Workload[] {
  return work.filter(({ name }) => new RegExp(flags.only).test(name));
}

function note(n: number, d: number, threads: number): (what: string) => void {
  return (what) => process.stderr.write(`${n} x ${d}, ${threads || 1} thread(s): ${what}\n`);
}
