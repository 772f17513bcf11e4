/**
 * What an adversary gains by steering the draws over several rounds, by withholding, by joins and leaves, and by all of
 * it, beside the honest draw and the bound in `synod plan`; for the protocol's draw and for two planted weaker ones:
 *
 *   npm run bench:beacon -- [--peers N] [--byzantine B] [--committee K] [--rounds R] [--seeds S] [--horizon H]
 *     [--tries T] [--aim members|third|proposers] [--json]
 */
import { parseArgs } from 'node:util';
import { AIMS, DRAWS, measureSteering, STRATEGIES, type Steering } from '../simulations/steering.ts';
import { committeeFailure, redrawFactor } from '../src/committee/committee-size.ts';

const { values: flags } = parseArgs({
  options: {
    peers: { type: 'string', default: '100' },
    byzantine: { type: 'string', default: '25' },
    committee: { type: 'string', default: '25' },
    rounds: { type: 'string', default: '500' },
    seeds: { type: 'string', default: '8' },
    horizon: { type: 'string', default: '5' },
    tries: { type: 'string', default: '64' },
    aim: { type: 'string', default: 'third' },
    json: { type: 'boolean', default: false },
  },
});
const aim = AIMS.find((name) => name === flags.aim);
if (aim === undefined) throw new Error(`--aim must be one of ${AIMS.join(', ')}, got ${flags.aim}`);
const numbers = {
  peers: Number(flags.peers),
  byzantine: Number(flags.byzantine),
  committee: Number(flags.committee),
  rounds: Number(flags.rounds),
  horizon: Number(flags.horizon),
  tries: Number(flags.tries),
};
const NAMES = ['share', 'lost', 'firstProposer', 'declined', 'changes'] as const;
const { peers, byzantine, committee } = numbers;
const plain = committeeFailure(peers, byzantine, committee);
const bound = { lost: Math.min(1, plain * redrawFactor(peers, byzantine)) };

interface Row {
  readonly draw: string;
  readonly strategy: string;
  readonly means: Readonly<Record<(typeof NAMES)[number], number>>;
  readonly errors: Readonly<Record<(typeof NAMES)[number], number>>;
}
const rows: Row[] = [];
if (!flags.json) {
  process.stdout.write(
    `${peers} peers, ${byzantine} of them Byzantine, committee ${committee}, aim: ${aim}\n` +
      `an honest draw loses ${plain.toFixed(4)} of the committees; the bound with withholding is ${bound.lost.toFixed(4)}\n` +
      `draw      strategy  ${NAMES.map((name) => name.padEnd(20)).join('')}\n`,
  );
}
for (const draw of DRAWS) {
  for (const strategy of STRATEGIES) {
    const runs: Steering[] = [];
    for (let seed = 0; seed < Number(flags.seeds); seed++) {
      runs.push(measureSteering({ ...numbers, seed, aim, strategy, draw }));
    }
    const row: Row = { draw, strategy, means: each(runs, meanOf), errors: each(runs, errorOf) };
    rows.push(row);
    if (flags.json) continue;
    const cells = NAMES.map((name) => `${row.means[name].toFixed(4)} +- ${row.errors[name].toFixed(4)}`);
    process.stdout.write(
      `${draw.padEnd(10)}${strategy.padEnd(10)}${cells.map((cell) => cell.padEnd(20)).join('')}\n`,
    );
  }
}
if (flags.json) process.stdout.write(`${JSON.stringify({ ...numbers, aim, honest: plain, bound, rows })}\n`);

function each(
  runs: readonly Steering[],
  of: (values: readonly number[]) => number,
): Record<(typeof NAMES)[number], number> {
  const entries = NAMES.map((name) => [name, of(runs.map((run) => run[name]))] as const);
  return Object.fromEntries(entries) as Record<(typeof NAMES)[number], number>;
}

function meanOf(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0) / values.length;
}

/** The standard error of the mean. */
function errorOf(values: readonly number[]): number {
  const mean = meanOf(values);
  const squares = values.reduce((a, b) => a + (b - mean) ** 2, 0);
  return Math.sqrt(squares / Math.max(1, values.length - 1) / values.length);
}
