/**
 * `npm run hostile -- [--seconds N] [--only NAME,..] [--json]`: each attacker alone against four fresh peers, then all of
 * them together. The calm time before and after is what the attack is compared with. Attackers and victims share this
 * machine: what the attackers' own process takes of it is counted apart, and victims are paced (waiting-task.ts) so that
 * calm leaves it idle time. `--json` ends stdout with one object.
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
  /** Of the resident set of the victim that grew most, both times with its garbage collected. */
  readonly memoryGrowthMiB: number;
  /** The same of what it held: heap and buffers of its main thread. */
  readonly heldGrowthMiB: number;
  readonly calmRoundsPerSecond: number;
  /** Processor seconds a second, of all victims together without the attack and under it, and of the attackers. */
  readonly victimsCalmCpu: number;
  readonly victimsCpu: number;
  readonly attackersCpu: number;
  /** Questions that victims asked the attackers. */
  readonly asked: number;
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

/** So much runs before anything is measured: code is compiled and caches are filled then. */
const WARM_UP_SECONDS = 10;

function grewBy(
  before: readonly Sample[],
  after: readonly Sample[],
  bytesOf: (sample: Sample) => number,
): number {
  return rounded(Math.max(...after.map((now, i) => bytesOf(now) - bytesOf(before[i] ?? now))) / 2 ** 20);
}

function residentBytes(sample: Sample): number {
  return sample.get('process_resident_memory_bytes') ?? 0;
}

function heldBytes(sample: Sample): number {
  return (sample.get('nodejs_heap_size_used_bytes') ?? 0) + (sample.get('nodejs_external_memory_bytes') ?? 0);
}

async function besiege(name: string): Promise<Row> {
  const folder = await mkdtemp(join(tmpdir(), 'synod-siege-'));
  const attackers = name === MIXED ? Object.keys(ATTACKERS) : [name];
  const siege = await Siege.start(folder, attackers);
  try {
    await siege.calm(WARM_UP_SECONDS);
    const before = await siege.calm(seconds / 2);
    const memoryBefore = await siege.sampleWithoutGarbage();
    const under = await siege.assault(attackers, seconds);
    const memoryAfter = await siege.sampleWithoutGarbage();
    const after = await siege.calm(seconds / 2);
    siege.run.compareStates();
    const { spent, cutOffSeconds } = under;
    const calm = (before.roundsPerSecond + after.roundsPerSecond) / 2;
    return {
      name,
      ratio: rounded(under.roundsPerSecond / calm),
      cutOffSeconds: cutOffSeconds === null ? null : rounded(cutOffSeconds),
      memoryGrowthMiB: grewBy(memoryBefore, memoryAfter, residentBytes),
      heldGrowthMiB: grewBy(memoryBefore, memoryAfter, heldBytes),
      calmRoundsPerSecond: rounded(calm),
      victimsCalmCpu: rounded((before.cpuPerSecond + after.cpuPerSecond) / 2),
      victimsCpu: rounded(under.cpuPerSecond),
      attackersCpu: rounded(spent.cpuSeconds / under.seconds),
      asked: spent.asked,
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
  '| attacker | rounds kept | cut off after | memory grew by, held | processor of the victims: calm, under attack | of the attackers | spent |\n' +
    '|---|---|---|---|---|---|---|\n',
);
for (const name of names) {
  const row = await besiege(name);
  attackers.push(row);
  const end = row.cutOffSeconds === null ? 'never' : `${row.cutOffSeconds} s`;
  process.stdout.write(
    `| \`${name}\` | ${row.ratio} | ${end} | ${row.memoryGrowthMiB} MiB, ${row.heldGrowthMiB} MiB ` +
      `| ${row.victimsCalmCpu}, ${row.victimsCpu} | ${row.attackersCpu} ` +
      `| ${row.messages} messages, ${row.mebibytes} MiB |\n`,
  );
}
if (values.json) process.stdout.write(`${JSON.stringify({ attackers })}\n`);
