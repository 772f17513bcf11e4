/** `npm run soak -- [--rounds N] [--json]`: the long form of soak-run.test.ts; exit code 1 where something grows. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { runSoak, soakTable } from './soak-run.ts';

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '10000' }, json: { type: 'boolean', default: false } },
});
const rounds = Number(values.rounds);
if (!(Number.isSafeInteger(rounds) && rounds > 0)) {
  process.stderr.write(`--rounds must be a positive integer, got ${values.rounds}\n`);
  process.exit(2);
}
/** The largest tables of a peer are full by then (`synod_held_entries`): those of gossip, at some 40 messages a round. */
const WARM_UP_ROUNDS = 2_000;

const folder = await mkdtemp(join(tmpdir(), 'synod-soak-'));
const report = await runSoak({
  folder,
  rounds,
  restartEvery: 500,
  warmUp: Math.min(WARM_UP_ROUNDS, rounds / 5),
  sampleEveryMs: 2_000,
  say: (line) => void process.stderr.write(`${line}\n`),
});
process.stderr.write(`${soakTable(report)}\n`);
if (values.json) process.stdout.write(`${JSON.stringify(report)}\n`);
await rm(folder, { recursive: true });
if (report.growing.length > 0) process.exitCode = 1;
