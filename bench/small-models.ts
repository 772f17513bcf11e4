/**
 * Seconds and processor time of a round of a small model (17,000 parameters), where nothing but the protocol takes time:
 * `npm run bench:small-models -- [--base FOLDER] [--repeats N] [--rounds N] [--only NAME] [--json]`. FOLDER holds
 * another built checkout, which is run in turn with this one; the ratios of the two are what a busy machine leaves alone.
 * Cases: `processes` (four peer processes on loopback, sockets and disk), `simulate` (as `npm start`), `hosts-16` and
 * `hosts-32` (that many hosts in one process).
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { createKeyFile, KEY_FILE_NAME } from '../src/crypto/key-file.ts';
import { present } from '../src/foundation/assert.ts';
import type { CpuSample } from './cpu-probe.ts';

const { values } = parseArgs({
  options: {
    base: { type: 'string' },
    repeats: { type: 'string', default: '3' },
    rounds: { type: 'string', default: '40' },
    only: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
});

interface Cost {
  readonly secondsPerRound: number;
  /** Of one peer. */
  readonly cpuMsPerRound: number;
}

interface Case {
  readonly name: string;
  readonly measure: (tree: string, rounds: number) => Promise<Cost>;
}

const OWN_TREE = resolve(fileURLToPath(new URL('../..', import.meta.url)));
const PROBE = new URL('cpu-probe.js', import.meta.url).href;
const PROCESSES = 4;
const SIMULATED_PEERS = 8;
/** Rounds in which connections and code are still warming up. */
const WARM_UP_ROUNDS = 10;
/** 17,098 parameters on glyphs. */
const MODEL = { kind: 'mlp', hidden: [64] };

const CASES: readonly Case[] = [
  { name: 'processes', measure: processes },
  { name: 'simulate', measure: (tree, rounds) => simulate(tree, rounds, SIMULATED_PEERS, []) },
  { name: 'hosts-16', measure: (tree, rounds) => simulate(tree, rounds, 16, ['--byzantine', '0']) },
  { name: 'hosts-32', measure: (tree, rounds) => simulate(tree, rounds, 32, ['--byzantine', '0']) },
];

interface Running {
  readonly child: ChildProcess;
  readonly samples: CpuSample[];
  readonly finished: Promise<string>;
}

/** What the program leaves behind goes into `folder`. */
function start(tree: string, folder: string, args: readonly string[]): Running {
  const command = ['--import', PROBE, join(tree, 'dist/nodes/synod.js'), ...args];
  const child = spawn(process.execPath, command, {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  const samples: CpuSample[] = [];
  const said = { out: '', err: '' };
  child.on('message', (sample) => samples.push(sample as CpuSample));
  child.stdout?.on('data', (chunk: Buffer) => (said.out += chunk.toString()));
  child.stderr?.on('data', (chunk: Buffer) => (said.err += chunk.toString()));
  const finished = new Promise<string>((done, fail) => {
    child.once('error', fail);
    child.once('close', (code) =>
      code === 0 ? done(said.out) : fail(new Error(`synod ended with code ${String(code)}: ${said.err}`)),
    );
  });
  return { child, samples, finished };
}

/** Processor time at a moment, between two samples in proportion. */
function cpuAt(samples: readonly CpuSample[], atMs: number): number {
  const after = samples.findIndex((sample) => sample.atMs >= atMs);
  const [before, next] = [samples[after - 1], samples[after]];
  if (before === undefined || next === undefined) throw new Error('no samples around a round');
  const share = (atMs - before.atMs) / Math.max(1, next.atMs - before.atMs);
  return before.cpuMs + share * (next.cpuMs - before.cpuMs);
}

async function processes(tree: string, rounds: number): Promise<Cost> {
  const folder = mkdtempSync(join(tmpdir(), 'synod-bench-'));
  const running: Running[] = [];
  try {
    const names = Array.from({ length: PROCESSES }, (_, i) => join(folder, `peer-${i}`));
    for (const name of names) mkdirSync(name);
    const keys = await Promise.all(names.map((name) => createKeyFile(join(name, KEY_FILE_NAME))));
    const ports = await freePorts(PROCESSES);
    const experiment = join(folder, 'experiment.json');
    const about = { name: 'bench', rounds: WARM_UP_ROUNDS + rounds, batchSize: 32, model: MODEL };
    const data = { name: 'glyphs', train: 2000, test: 100 };
    writeFileSync(experiment, JSON.stringify({ ...about, data, roster: keys.map(({ id }) => id) }));
    const addresses = keys.map(({ id }, i) => `/ip4/127.0.0.1/tcp/${ports[i]}/p2p/${id}`);
    for (const [i, name] of names.entries()) {
      const others = addresses.filter((_, other) => other !== i);
      const network = [
        '--local-network',
        '--listen',
        `/ip4/127.0.0.1/tcp/${ports[i]}`,
        '--linger',
        '1',
        '--backend',
        'wasm',
      ];
      running.push(
        start(tree, folder, [
          ...['peer', '--experiment', experiment, '--dir', name, ...network],
          ...others.flatMap((address) => ['--bootstrap', address]),
        ]),
      );
    }
    await Promise.all(running.map(({ finished }) => finished));
    const costs = running.map(({ samples }, i) => {
      const decided = decidedAt(join(present(names[i], 'a folder'), 'log.jsonl'));
      const [from, to] = [decided.get(WARM_UP_ROUNDS - 1), decided.get(WARM_UP_ROUNDS + rounds - 1)];
      if (from === undefined || to === undefined) throw new Error('a peer did not log its rounds');
      const cpuMs = cpuAt(samples, to) - cpuAt(samples, from);
      return { secondsPerRound: (to - from) / 1000 / rounds, cpuMsPerRound: cpuMs / rounds };
    });
    return {
      secondsPerRound: mean(costs.map(({ secondsPerRound }) => secondsPerRound)),
      cpuMsPerRound: mean(costs.map(({ cpuMsPerRound }) => cpuMsPerRound)),
    };
  } finally {
    for (const { child } of running) child.kill('SIGKILL');
    await Promise.allSettled(running.map(({ finished }) => finished));
    rmSync(folder, { recursive: true, force: true });
  }
}

/** When each round was decided, milliseconds since 1970. */
function decidedAt(log: string): Map<number, number> {
  const lines = readFileSync(log, 'utf8').trimEnd().split('\n');
  const decided = new Map<number, number>();
  for (const line of lines) {
    const { msg, round, time } = JSON.parse(line) as { msg: string; round?: number; time: string };
    if (msg === 'round' && round !== undefined) decided.set(round, Date.parse(time));
  }
  return decided;
}

/** The whole program, from its start to its end: short runs weigh the start more. */
async function simulate(
  tree: string,
  rounds: number,
  peers: number,
  flags: readonly string[],
): Promise<Cost> {
  const folder = mkdtempSync(join(tmpdir(), 'synod-bench-'));
  const args = ['simulate', '--peers', `${peers}`, '--rounds', `${rounds}`, '--backend', 'wasm'];
  const running = start(tree, folder, [...args, '--no-baselines', '--json', ...flags]);
  try {
    const last = (await running.finished).trimEnd().split('\n').at(-1) ?? '';
    const { secondsPerRound } = JSON.parse(last) as { secondsPerRound: number };
    const cpuMs = running.samples.at(-1)?.cpuMs ?? NaN;
    return { secondsPerRound, cpuMsPerRound: cpuMs / rounds / peers };
  } finally {
    running.child.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  }
}

async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
  await Promise.all(servers.map((server) => new Promise((done) => server.once('listening', done))));
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => new Promise((done) => server.close(done))));
  return ports;
}

function mean(numbers: readonly number[]): number {
  return numbers.reduce((sum, one) => sum + one, 0) / numbers.length;
}

function median(numbers: readonly number[]): number {
  return [...numbers].sort((a, b) => a - b)[numbers.length >> 1] ?? NaN;
}

const trees = values.base === undefined ? [OWN_TREE] : [resolve(values.base), OWN_TREE];
const rows: Record<string, string | number>[] = [];
for (const { name, measure } of CASES) {
  if (values.only !== undefined && values.only !== name) continue;
  const costs = trees.map((): Cost[] => []);
  for (let repeat = 0; repeat < Number(values.repeats); repeat++) {
    for (const [i, tree] of trees.entries()) costs[i]?.push(await measure(tree, Number(values.rounds)));
  }
  const [own, base] = [costs.at(-1) ?? [], costs.length > 1 ? costs[0] : undefined];
  const row: Record<string, string | number> = { case: name };
  for (const key of ['secondsPerRound', 'cpuMsPerRound'] as const) {
    const now = median(own.map((cost) => cost[key]));
    row[key] = now;
    if (base === undefined) continue;
    const before = median(base.map((cost) => cost[key]));
    row[`${key}OfBase`] = before;
    row[`${key}Ratio`] = now / before;
  }
  rows.push(row);
  const words = Object.entries(row).map(([key, value]) =>
    typeof value === 'number' ? `${key} ${value.toPrecision(3)}` : value,
  );
  process.stderr.write(`${words.join('   ')}\n`);
}
if (values.json) process.stdout.write(`${JSON.stringify({ rows })}\n`);
