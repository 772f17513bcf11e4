/**
 * `npm run hostile -- [--seconds N] [--only NAME,..] [--json]`: each attacker alone against four fresh peers, then all of
 * them together. The calm time before and after is what the attack is compared with. `--json` ends stdout with one object.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ATTACKERS } from './attackers.ts';
import { Siege, type Sample } from './siege.ts';

interface Row {
  readonly name: string;
  /** Rounds a second under attack over rounds a second without. */
  readonly ratio: number;
  /** null: neither cut off nor starved. */
  readonly cutOffSeconds: number | null;
  /** Of the victim that grew most. */
  readonly memoryGrowthMiB: number;
  readonly messages: number;
  readonly mebibytes: number;
}

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '20' },
    only: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
});
const seconds = Number(values.seconds);
if (!(seconds > 0)) {
  process.stderr.write(`--seconds must be a number above 0, got ${values.seconds}\n`);
  process.exit(2);
}
const MIXED = 'mixed';
const names = values.only?.split(',') ?? [...Object.keys(ATTACKERS), MIXED];
const unknown = names.find((name) => name !== MIXED && ATTACKERS[name] === undefined);
if (unknown !== undefined) {
  process.stderr.write(
    `--only must name attackers of ${Object.keys(ATTACKERS).join(', ')}, ${MIXED}, got ${unknown}\n`,
  );
  process.exit(2);
}

function memoryMiB(sample: Sample): number {
  return (sample.get('process_resident_memory_bytes') ?? 0) / 2 ** 20;
}

async function besiege(name: string): Promise<Row> {
  const folder = await mkdtemp(join(tmpdir(), 'synod-siege-'));
  const siege = await Siege.start(folder);
  try {
    const before = (await siege.calm(seconds / 2)) / (seconds / 2);
    const memoryBefore = (await siege.sample()).map(memoryMiB);
    const attackers = name === MIXED ? Object.keys(ATTACKERS) : [name];
    const { rounds, seconds: lasted, spent, cutOffSeconds } = await siege.assault(attackers, seconds);
    const memoryAfter = (await siege.sample()).map(memoryMiB);
    const after = (await siege.calm(seconds / 2)) / (seconds / 2);
    siege.run.compareStates();
    return {
      name,
      ratio: rounded(rounds / lasted / ((before + after) / 2)),
      cutOffSeconds: cutOffSeconds === null ? null : rounded(cutOffSeconds),
      memoryGrowthMiB: rounded(Math.max(...memoryAfter.map((now, i) => now - (memoryBefore[i] ?? now)))),
      messages: spent.messages,
      mebibytes: rounded(spent.bytes / 2 ** 20),
    };
  } finally {
    await siege.stop();
    await rm(folder, { recursive: true });
  }
}

function rounded(value: number): number {
  return Number(value.toFixed(2));
}

const attackers: Row[] = [];
process.stdout.write(
  '| attacker | rounds kept | cut off after | memory grew by | spent |\n|---|---|---|---|---|\n',
);
for (const name of names) {
  const row = await besiege(name);
  attackers.push(row);
  const { ratio, cutOffSeconds, memoryGrowthMiB, messages, mebibytes } = row;
  const end = cutOffSeconds === null ? 'never' : `${cutOffSeconds} s`;
  process.stdout.write(
    `| ${name} | ${ratio} | ${end} | ${memoryGrowthMiB} MiB | ${messages} messages, ${mebibytes} MiB |\n`,
  );
}
if (values.json) process.stdout.write(`${JSON.stringify({ attackers })}\n`);
