/** `npm run dead-member -- [--rounds N] [--program DIST/nodes/synod.js]`: the long form of dead-member-run.test.ts. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { runDeadMember } from './dead-member-run.ts';

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '30' }, program: { type: 'string' } },
});
const folder = await mkdtemp(join(tmpdir(), 'synod-dead-member-'));
const { contributions: _contributions, ...paces } = await runDeadMember({
  folder,
  rounds: Number(values.rounds),
  ...(values.program === undefined ? {} : { program: values.program }),
});
process.stdout.write('| | rounds | median, s | slowest, s |\n|---|---|---|---|\n');
for (const [when, { rounds, median, slowest }] of Object.entries(paces)) {
  process.stdout.write(`| ${when} | ${rounds} | ${median} | ${slowest} |\n`);
}
await rm(folder, { recursive: true });
