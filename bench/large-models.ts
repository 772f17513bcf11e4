/**
 * Seconds, processor time and memory of `simulate` with a large model, where a gradient costs next to nothing:
 * `npm run bench:large-models -- [--base FOLDER] [--d 1e7] [--rounds 5] [--repeats 3]`. FOLDER holds another built
 * checkout, which is run in turn with this one; prints one JSON object with the medians and their ratios.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { CpuSample } from './cpu-probe.ts';
import { writeQuadraticTask } from './quadratic-task.ts';

const { values } = parseArgs({
  options: {
    base: { type: 'string' },
    d: { type: 'string', default: '1e7' },
    rounds: { type: 'string', default: '5' },
    repeats: { type: 'string', default: '3' },
  },
});

interface Cost {
  readonly secondsPerRound: number;
  /** Of all peers together, the start of the program included. */
  readonly cpuSecondsPerRound: number;
  readonly peakBytes: number;
}

const OWN_TREE = resolve(fileURLToPath(new URL('../..', import.meta.url)));
const PROBE = new URL('cpu-probe.js', import.meta.url).href;
const PEERS = ['--peers', '6', '--byzantine', '1', '--no-baselines', '--json'];
const PATIENT = { collectMs: 600_000, proposeMs: 600_000, prevoteMs: 300_000, precommitMs: 300_000 };
const LOOK_EVERY_MS = 100;

async function simulate(tree: string, d: number, rounds: number): Promise<Cost> {
  const folder = mkdtempSync(join(tmpdir(), 'synod-large-'));
  try {
    writeQuadraticTask(folder, d);
    const experiment = { name: 'large', rounds, model: './task.ts', batchSize: 8, timing: PATIENT };
    const file = join(folder, 'experiment.json');
    writeFileSync(file, JSON.stringify({ ...experiment, estimator: 'sgd', optimizer: 0.3 }));
    const args = ['--import', PROBE, join(tree, 'dist/nodes/synod.js'), 'simulate', '--experiment', file];
    const child = spawn(process.execPath, [...args, ...PEERS], {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'ignore', 'ipc'],
    });
    let [output, cpuMs, peakBytes] = ['', 0, 0];
    child.stdout?.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.on('message', (sample) => (cpuMs = (sample as CpuSample).cpuMs));
    const timer = setInterval(() => (peakBytes = Math.max(peakBytes, peakOf(child.pid))), LOOK_EVERY_MS);
    const code = await new Promise((done) => child.once('close', done));
    clearInterval(timer);
    if (code !== 0) throw new Error(`simulate of ${tree} ended with code ${String(code)}`);
    const { secondsPerRound } = JSON.parse(output.trimEnd().split('\n').at(-1) ?? '') as Cost;
    return { secondsPerRound, cpuSecondsPerRound: cpuMs / 1000 / rounds, peakBytes };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The most that a process had in memory so far; 0 where the system does not tell, or it has ended. */
function peakOf(pid: number | undefined): number {
  try {
    return 1024 * Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0);
  } catch {
    return 0;
  }
}

function medianOf(costs: readonly Cost[], key: keyof Cost): number {
  return costs.map((cost) => cost[key]).sort((a, b) => a - b)[costs.length >> 1] ?? NaN;
}

const [d, rounds, repeats] = [Number(values.d), Number(values.rounds), Number(values.repeats)];
const trees = values.base === undefined ? [OWN_TREE] : [OWN_TREE, resolve(values.base)];
const costs = trees.map((): Cost[] => []);
for (let repeat = 0; repeat < repeats; repeat++) {
  for (const [i, tree] of trees.entries()) {
    const cost = await simulate(tree, d, rounds);
    costs[i]?.push(cost);
    process.stderr.write(`${tree} ${JSON.stringify(cost)}\n`);
  }
}
const row: Record<string, number> = { d, rounds, repeats };
for (const key of ['secondsPerRound', 'cpuSecondsPerRound', 'peakBytes'] as const) {
  const [own, base] = costs.map((each) => medianOf(each, key));
  row[key] = own ?? NaN;
  if (base === undefined) continue;
  row[`${key}OfBase`] = base;
  row[`${key}Ratio`] = (own ?? NaN) / base;
}
process.stdout.write(`${JSON.stringify(row)}\n`);
