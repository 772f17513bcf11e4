/**
 * `npm run faults -- [NAME...] [--rounds N] [--program FILE] [--json]`: plays the cases of `fault-cases.ts`, all of them
 * unless some are named, and prints the table of docs/reliability.md. `--program` tries another build of `synod`.
 */
import { parseArgs } from 'node:util';
import type { Pace } from './fault-run.ts';
import { FAULT_CASES, type FaultReport } from './fault-cases.ts';
import { missingFor, tryFault } from './try-fault.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: 'string', default: '15' },
    program: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
});
const rounds = Number(values.rounds);
const unknown = positionals.filter((name) => FAULT_CASES[name] === undefined);
if (unknown.length > 0 || !(Number.isInteger(rounds) && rounds > 0)) {
  process.stderr.write(
    unknown.length > 0
      ? `no case is called ${unknown.join(', ')}; there are ${Object.keys(FAULT_CASES).join(', ')}\n`
      : `--rounds must be a positive integer, got ${values.rounds}\n`,
  );
  process.exit(2);
}
const say = (line: string) => void process.stderr.write(`${line}\n`);
const names = positionals.length > 0 ? positionals : Object.keys(FAULT_CASES);

function shown(pace: Pace | undefined): string {
  return pace === undefined ? '' : `${pace.median} (${pace.slowest})`;
}

const results: Record<string, FaultReport | { readonly failed: string } | { readonly skipped: string }> = {};
for (const name of names) {
  const missing = missingFor(name);
  say(`${name}: ${missing === undefined ? FAULT_CASES[name]?.about : `skipped, ${missing}`}`);
  if (missing !== undefined) {
    results[name] = { skipped: missing };
    continue;
  }
  try {
    const program = values.program === undefined ? {} : { program: values.program };
    results[name] = await tryFault(name, { rounds, say: (line) => say(`  ${line}`), ...program });
  } catch (error) {
    results[name] = { failed: (error as Error).message };
    say(`  failed: ${(error as Error).message}`);
    process.exitCode = 1;
  }
}
if (values.json) process.stdout.write(`${JSON.stringify(results)}\n`);
else {
  const lines = Object.entries(results).map(([name, result]) => {
    if (!('notes' in result))
      return `| ${name} | | | | ${Object.entries(result).flat().join(': ').split('\n')[0]} |`;
    const { before, during, after, notes } = result;
    return `| ${name} | ${shown(before)} | ${shown(during)} | ${shown(after)} | ${notes.join('; ')} |`;
  });
  process.stdout.write(
    ['| case | before | during | after | |', '|---|---|---|---|---|', ...lines, ''].join('\n'),
  );
}
