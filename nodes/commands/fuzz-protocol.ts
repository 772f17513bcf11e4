/** `synod fuzz-protocol`: plays seeds of faults and adversaries against the protocol, in virtual time. */
import { invalidField } from '../../src/foundation/operator-error.ts';
import { json, quiet, threads } from '../cli/common-flags.ts';
import { defineCommand } from '../cli/command.ts';
import { integer, number, readWith } from '../cli/flag.ts';
import { parseSeedRange } from '../cli/seeds.ts';

const DEFAULT_SEEDS = { first: 0, last: 1999 };

const range = readWith(
  (value, flag) => {
    const found = parseSeedRange(value);
    if (found === undefined)
      throw invalidField(flag, 'be one seed, 7, or a range, 0..1999 (both ends included)', value);
    return found;
  },
  {
    about: 'random seeds: 7, or 0..1999 (both ends included)',
    placeholder: 'SEEDS',
    defaultText: '0..1999; with --minutes, from 0 until the time is over',
  },
);

export const fuzzProtocol = defineCommand({
  name: 'fuzz-protocol',
  summary: 'try to break the round protocol in the simulator',
  examples: [
    { command: 'synod fuzz-protocol --seeds 0..99', about: 'a hundred runs with faults and adversaries' },
    { command: 'synod fuzz-protocol --seeds 41 --peers 5', about: 'one run again' },
    { command: 'synod fuzz-protocol --minutes 30', about: 'as many as there is time for' },
  ],
  arguments: {},
  flags: {
    seeds: range,
    peers: integer({ about: 'peers in each scenario', least: 1, defaultText: '4 to 10, by the seed' }),
    minutes: number({ about: 'stop after this time', above: 0 }),
    threads,
    quiet,
    json,
  },
  async run({ seeds, peers, minutes, threads: threadCount, quiet: isQuiet, json: asJson }) {
    const { fuzz } = await import('../../simulations/fuzz.ts');
    const { fuzzState, reportFailures, summaryLine, summaryOf } = await import('./fuzz-report.ts');
    const { createWorkDisplay } = await import('../display/work-display.ts');
    const { first, last } = seeds ?? DEFAULT_SEEDS;
    const endSeed = minutes !== undefined && seeds === undefined ? Infinity : last + 1;
    const started = performance.now();
    const display = createWorkDisplay({ stream: process.stderr, quiet: isQuiet });
    const summary = await fuzz({
      firstSeed: first,
      endSeed,
      peers,
      deadlineMs: minutes === undefined ? Infinity : started + minutes * 60_000,
      threads: threadCount,
      onFailure: ({ seed, violations, stall }) => {
        display.say(`seed ${seed}: ${violations[0] ?? `stall: ${stall}`}`);
      },
      onProgress: (soFar) => {
        const seconds = (performance.now() - started) / 1000;
        display.show(fuzzState(soFar, seconds, endSeed - first, (minutes ?? Infinity) * 60));
      },
    }).finally(() => display.stop());
    const seconds = (performance.now() - started) / 1000;
    process.stderr.write(`${summaryLine(summary, seconds)}\n`);
    reportFailures(summary, peers);
    if (asJson) process.stdout.write(`${JSON.stringify(summaryOf(summary, seconds))}\n`);
    if (summary.violations + summary.stalls > 0) process.exitCode = 1;
  },
});
