/**
 * What a round would cost more if workers showed their vectors only when all are committed, in virtual time, so the same
 * on any machine:
 *
 *   npm run bench:commit-reveal -- [--peers N] [--rounds R] [--json]
 */
import { parseArgs } from 'node:util';
import { measureCommitReveal, type RoundCost } from '../simulations/commit-reveal.ts';

const { values } = parseArgs({
  options: {
    peers: { type: 'string', default: '8' },
    rounds: { type: 'string', default: '40' },
    json: { type: 'boolean', default: false },
  },
});
const [peers, rounds] = [Number(values.peers), Number(values.rounds)];
/** One body on a line of 100 Mbit/s: inside its header, 250 KB, 1 MB, 4 MB. */
const BODIES = [
  ['inside the header', 0],
  ['250 KB', 20],
  ['1 MB', 80],
  ['4 MB', 320],
] as const;
const GRADIENTS_MS = [100, 400, 2_000, 10_000];

interface Row {
  readonly gradientSeconds: number;
  readonly body: string;
  readonly now: RoundCost;
  readonly committed: RoundCost;
  /** Of a round's time. */
  readonly more: number;
}

const rows: Row[] = [];
process.stdout.write(
  '| gradient, mean | body | seconds a round | with commitments | more | messages a peer and round: now, with | bytes |\n' +
    '|---|---|---|---|---|---|---|\n',
);
for (const gradientMs of GRADIENTS_MS) {
  for (const [body, bodyMs] of BODIES) {
    const cost = (commits: boolean): RoundCost =>
      measureCommitReveal({ peers, rounds, gradientMs, bodyMs, commits });
    const [now, committed] = [cost(false), cost(true)];
    const more = committed.secondsPerRound / now.secondsPerRound - 1;
    rows.push({ gradientSeconds: gradientMs / 1000, body, now, committed, more });
    process.stdout.write(
      `| ${gradientMs / 1000} s | ${body} | ${now.secondsPerRound.toFixed(3)} | ${committed.secondsPerRound.toFixed(3)} ` +
        `| ${(100 * more).toFixed(1)} % | ${now.sentMessages.toFixed(1)}, ${committed.sentMessages.toFixed(1)} ` +
        `| ${now.sentBytes.toFixed(0)}, ${committed.sentBytes.toFixed(0)} |\n`,
    );
  }
}
if (values.json) process.stdout.write(`${JSON.stringify({ peers, rounds, rows })}\n`);
