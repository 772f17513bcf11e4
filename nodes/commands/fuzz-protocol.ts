/** `synod fuzz-protocol`: plays seeds of faults and adversaries against the protocol, in virtual time. */
import type { CommandModule } from 'yargs';
import { invalidField } from '../../src/foundation/operator-error.ts';

interface FuzzArguments {
  readonly seeds: string;
  readonly peers: number | undefined;
  readonly minutes: number | undefined;
  readonly threads: number | undefined;
  readonly json: boolean;
}

export const fuzzProtocol: CommandModule<object, FuzzArguments> = {
  command: 'fuzz-protocol',
  describe: 'try to break the round protocol in the simulator',
  builder: (yargs) =>
    yargs
      .option('seeds', { type: 'string', default: '0..2000', describe: 'A..B: seeds A to B - 1' })
      .option('peers', { type: 'number', describe: 'peers in each scenario (default: 4 to 10, by the seed)' })
      .option('minutes', {
        type: 'number',
        describe: 'stop after this time; without --seeds, go on until then',
      })
      .option('threads', { type: 'number', describe: 'worker threads (default: one per core)' })
      .option('json', { type: 'boolean', default: false, describe: 'one JSON object on the last line' }),
  handler: async (args) => {
    const { availableParallelism } = await import('node:os');
    const { fuzz } = await import('../../simulations/fuzz.ts');
    const { reportFailures, summaryLine, summaryOf } = await import('./fuzz-report.ts');
    const [firstSeed, end] = parseSeeds(args.seeds);
    if (args.peers !== undefined && !(Number.isInteger(args.peers) && args.peers >= 1)) {
      throw invalidField('--peers', 'be a positive integer', args.peers);
    }
    if (args.minutes !== undefined && !(args.minutes > 0)) {
      throw invalidField('--minutes', 'be above 0', args.minutes);
    }
    const threads = args.threads ?? availableParallelism();
    if (!(Number.isInteger(threads) && threads >= 1)) {
      throw invalidField('--threads', 'be a positive integer', args.threads);
    }
    const isDefault = !process.argv.some((argument) => argument.startsWith('--seeds'));
    const endSeed = args.minutes !== undefined && isDefault ? Infinity : end;
    const started = performance.now();
    let told = started;
    const summary = await fuzz({
      firstSeed,
      endSeed,
      peers: args.peers,
      deadlineMs: args.minutes === undefined ? Infinity : started + args.minutes * 60_000,
      threads,
      onFailure: ({ seed, violations, stall }) => {
        process.stderr.write(`seed ${seed}: ${violations[0] ?? `stall: ${stall}`}\n`);
      },
      onProgress: (soFar) => {
        if (performance.now() - told < 2000) return;
        told = performance.now();
        process.stderr.write(`${summaryLine(soFar, (told - started) / 1000)}\n`);
      },
    });
    const seconds = (performance.now() - started) / 1000;
    process.stderr.write(`${summaryLine(summary, seconds)}\n`);
    reportFailures(summary, args.peers);
    if (args.json) process.stdout.write(`${JSON.stringify(summaryOf(summary, seconds))}\n`);
    if (summary.violations + summary.stalls > 0) process.exitCode = 1;
  },
};

function parseSeeds(range: string): [number, number] {
  const match = /^(\d+)(?:\.\.(\d+))?$/.exec(range);
  const first = Number(match?.[1]);
  const end = match?.[2] === undefined ? first + 1 : Number(match[2]);
  if (match === null || !(Number.isSafeInteger(first) && Number.isSafeInteger(end) && end > first)) {
    throw invalidField('--seeds', 'be A..B with whole numbers A below B', range);
  }
  return [first, end];
}
