/** `npm run join-test -- [--round R]`: the long form of late-join.test.ts; prints one JSON object. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { runLateJoin } from './late-join-run.ts';

const { values } = parseArgs({ options: { round: { type: 'string', default: '49' } } });
const folder = await mkdtemp(join(tmpdir(), 'synod-join-'));
const say = (line: string) => void process.stderr.write(`${line}\n`);
const report = await runLateJoin({
  folder,
  joinAfterRound: Number(values.round),
  checkpointRounds: 10,
  say,
});
process.stdout.write(`${JSON.stringify(report)}\n`);
await rm(folder, { recursive: true });
