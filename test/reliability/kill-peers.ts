/** `npm run kill-test -- [--times N] [--seed S]`: the long form of kill-run.test.ts; prints one JSON object. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { runKills } from './kill-run.ts';

const { values } = parseArgs({
  options: { times: { type: 'string', default: '100' }, seed: { type: 'string', default: '1' } },
});
const folder = await mkdtemp(join(tmpdir(), 'synod-kills-'));
const say = (line: string) => void process.stderr.write(`${line}\n`);
const report = await runKills({ folder, times: Number(values.times), seed: Number(values.seed), say });
process.stdout.write(`${JSON.stringify(report)}\n`);
await rm(folder, { recursive: true });
