/**
 * `npm run hostile -- [NAME...] [--seconds N] [--memory] [--json]`: each attacker alone against four fresh peers, then all
 * of them together. Calm time before and after is what the attack is compared with. Attackers and victims share this
 * machine, so what a process that takes as much of it and talks to nobody costs the victims is measured beside it, and
 * victims are paced (waiting-task.ts) so that calm leaves the machine idle time. `--json` ends stdout with one object.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { slopeOf, type Sample as Point } from '../reliability/slope.ts';
import { ATTACKERS } from './attackers.ts';
import { Siege, type Sample } from './siege.ts';

/** Least squares over the second half of the attack, of all victims, each with a level of its own. */
interface Growth {
  readonly mibPerMinute: number;
  /** Half of the 95 % confidence interval. */
  readonly halfWidth: number;
}

interface Row {
  readonly name: string;
  /** Rounds a second under attack over rounds a second without. */
  readonly ratio: number;
  /** The same beside a process that takes as much processor as the attackers did, and talks to nobody. */
  readonly processorOnlyRatio: number;
  /** null: neither banned nor starved while it was watched. */
  readonly cutOffSeconds: number | null;
  readonly bannedSeconds: number | null;
  /** Of the resident set of the victim that grew most, both times with its garbage collected. */
  readonly memoryGrowthMiB: number;
  /** The same of what it held: heap and buffers of its main thread. */
  readonly heldGrowthMiB: number;
  /** The same once the attack is over and the calm after it has passed. */
  readonly heldAfterMiB: number;
  /** With `--memory`: how what victims hold, and their resident set, grew while the attack lasted. */
  readonly held?: Growth;
  readonly resident?: Growth;
  readonly calmRoundsPerSecond: number;
  readonly seconds: number;
  /** Processor seconds a second, of all victims together without the attack and under it, and of the attackers. */
  readonly victimsCalmCpu: number;
  readonly victimsCpu: number;
  readonly attackersCpu: number;
  /** Questions that victims asked the attackers. */
  readonly asked: number;
  readonly messages: number;
  readonly mebibytes: number;
}

const MIXED = 'mixed';
const KNOWN = [...Object.keys(ATTACKERS), MIXED];
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seconds: { type: 'string', default: '20' },
    memory: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
});
const seconds = Number(values.seconds);
if (!(seconds > 0)) {
  process.stderr.write(`--seconds must be a number above 0, got ${values.seconds}\n`);
  process.exit(2);
}
const names = positionals.length > 0 ? positionals : KNOWN;
const unknown = names.find((name) => !KNOWN.includes(name));
if (unknown !== undefined) {
  process.stderr.write(`NAME must be one of ${KNOWN.join(', ')}, got ${unknown}\n`);
  process.exit(2);
}

/** So much runs before anything is measured: code is compiled and caches are filled then. */
const WARM_UP = { seconds: 10, rounds: 0 };
/** A ratio of a few rounds would be chance: an attack lasts for so many at least, and each calm for half of them. */
const LEAST_ROUNDS = 12;
const CALM = { seconds: seconds / 2, rounds: LEAST_ROUNDS / 2 };
const LONGEST_SECONDS = 60;
const SAMPLE_SECONDS = 4;
/** After which the victims are not left behind. */
const INTERRUPTS = ['SIGINT', 'SIGTERM'] as const;

const MIB = 2 ** 20;

function grewBy(
  before: readonly Sample[],
  after: readonly Sample[],
  bytesOf: (sample: Sample) => number,
): number {
  return rounded(Math.max(...after.map((now, i) => bytesOf(now) - bytesOf(before[i] ?? now))) / MIB);
}

function residentBytes(sample: Sample): number {
  return sample.get('process_resident_memory_bytes') ?? 0;
}

function heldBytes(sample: Sample): number {
  return (sample.get('nodejs_heap_size_used_bytes') ?? 0) + (sample.get('nodejs_external_memory_bytes') ?? 0);
}

/** What victims held at a time, in seconds from the attack's beginning. */
type Looked = readonly { readonly second: number; readonly samples: readonly Sample[] }[];

function growthOf(looked: Looked, bytesOf: (sample: Sample) => number): Growth {
  const half = (looked.at(-1)?.second ?? 0) / 2;
  const points = looked
    .filter(({ second }) => second >= half)
    .flatMap(({ second, samples }) =>
      samples.map((sample, i): Point => ({ life: `${i}`, x: second / 60, y: bytesOf(sample) / MIB })),
    );
  const { perX, halfWidth } = slopeOf(points);
  return { mibPerMinute: rounded(perX), halfWidth: rounded(halfWidth) };
}

async function besiege(name: string): Promise<Row> {
  const folder = await mkdtemp(join(tmpdir(), 'synod-siege-'));
  const attackers = name === MIXED ? Object.keys(ATTACKERS) : [name];
  const siege = await Siege.start(folder, attackers);
  const interrupted = (): void => void siege.stop().finally(() => process.exit(1));
  for (const signal of INTERRUPTS) process.once(signal, interrupted);
  const looked: { readonly second: number; readonly samples: readonly Sample[] }[] = [];
  const look = async (second: number): Promise<void> =>
    void looked.push({ second, samples: await siege.sampleWithoutGarbage() });
  try {
    await siege.calm(WARM_UP);
    const before = await siege.calm(CALM);
    const memoryBefore = await siege.sampleWithoutGarbage();
    const under = await siege.assault(attackers, {
      seconds,
      rounds: LEAST_ROUNDS,
      untilCutOffSeconds: LONGEST_SECONDS,
      ...(values.memory && { every: { seconds: SAMPLE_SECONDS, look } }),
    });
    const memoryUnder = await siege.sampleWithoutGarbage();
    const after = await siege.calm(CALM);
    const memoryAfter = await siege.sampleWithoutGarbage();
    const { spent, cutOffSeconds, bannedSeconds } = under;
    const attackersCpu = spent.cpuSeconds / under.seconds;
    const busy = await siege.besideProcessor(Math.min(1, attackersCpu), CALM);
    siege.run.compareStates();
    const calm = (before.roundsPerSecond + after.roundsPerSecond) / 2;
    return {
      name,
      ratio: rounded(under.roundsPerSecond / calm),
      processorOnlyRatio: rounded(busy.roundsPerSecond / calm),
      cutOffSeconds: cutOffSeconds === null ? null : rounded(cutOffSeconds),
      bannedSeconds: bannedSeconds === null ? null : rounded(bannedSeconds),
      memoryGrowthMiB: grewBy(memoryBefore, memoryUnder, residentBytes),
      heldGrowthMiB: grewBy(memoryBefore, memoryUnder, heldBytes),
      heldAfterMiB: grewBy(memoryBefore, memoryAfter, heldBytes),
      ...(values.memory && { held: growthOf(looked, heldBytes), resident: growthOf(looked, residentBytes) }),
      calmRoundsPerSecond: rounded(calm),
      seconds: rounded(under.seconds),
      victimsCalmCpu: rounded((before.cpuPerSecond + after.cpuPerSecond) / 2),
      victimsCpu: rounded(under.cpuPerSecond),
      attackersCpu: rounded(attackersCpu),
      asked: spent.asked,
      messages: spent.messages,
      mebibytes: rounded(spent.bytes / MIB),
    };
  } finally {
    for (const signal of INTERRUPTS) process.off(signal, interrupted);
    await siege.stop();
    await rm(folder, { recursive: true });
  }
}

function rounded(value: number): number {
  return Number(value.toFixed(2));
}

function inSeconds(value: number | null): string {
  return value === null ? 'never' : `${value} s`;
}

const attackers: Row[] = [];
const growth = values.memory ? ' held, resident grew in a minute |' : '';
process.stdout.write(
  '| attacker | rounds kept | beside its processor only | cut off after | banned after | memory grew by, held, held after | processor of the victims: calm, under attack | of the attackers | spent |' +
    `${growth}\n|---|---|---|---|---|---|---|---|---|${values.memory ? '---|' : ''}\n`,
);
for (const name of names) {
  const row = await besiege(name);
  attackers.push(row);
  const { held, resident } = row;
  const grew =
    held === undefined || resident === undefined
      ? ''
      : ` ${held.mibPerMinute} ± ${held.halfWidth} MiB, ${resident.mibPerMinute} ± ${resident.halfWidth} MiB |`;
  process.stdout.write(
    `| \`${name}\` | ${row.ratio} | ${row.processorOnlyRatio} | ${inSeconds(row.cutOffSeconds)} | ${inSeconds(row.bannedSeconds)} ` +
      `| ${row.memoryGrowthMiB} MiB, ${row.heldGrowthMiB} MiB, ${row.heldAfterMiB} MiB ` +
      `| ${row.victimsCalmCpu}, ${row.victimsCpu} | ${row.attackersCpu} ` +
      `| ${row.messages} messages, ${row.mebibytes} MiB in ${row.seconds} s |${grew}\n`,
  );
}
if (values.json) process.stdout.write(`${JSON.stringify({ attackers })}\n`);
