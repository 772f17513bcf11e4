/**
 * What withholding beacon proofs gains, for several aims of the adversary:
 *
 *   npm run bench:beacon -- [--peers N] [--byzantine B] [--committee K] [--rounds R] [--seeds S]
 */
import { parseArgs } from 'node:util';
import { AIMS, measureBias, type Bias } from '../simulations/beacon-bias.ts';

const { values: flags } = parseArgs({
  options: {
    peers: { type: 'string', default: '100' },
    byzantine: { type: 'string', default: '25' },
    committee: { type: 'string', default: '25' },
    rounds: { type: 'string', default: '2000' },
    seeds: { type: 'string', default: '50' },
  },
});
const [peers, byzantine, committee, rounds] = [
  Number(flags.peers),
  Number(flags.byzantine),
  Number(flags.committee),
  Number(flags.rounds),
];
const NAMES = ['share', 'lost', 'firstProposer', 'declined'] as const;
process.stdout.write(`aim         ${NAMES.map((name) => name.padEnd(24)).join('')}\n`);
for (const aim of AIMS) {
  const runs: Bias[] = [];
  for (let seed = 0; seed < Number(flags.seeds); seed++) {
    runs.push(measureBias({ peers, byzantine, committee, rounds, seed, aim }));
  }
  const cells = NAMES.map((name) => {
    const values = runs.map((run) => run[name]);
    const mean = values.reduce((a, b) => a + b, 0) / values.length;
    const variance = values.reduce((a, b) => a + (b - mean) ** 2, 0) / Math.max(1, values.length - 1);
    return `${mean.toFixed(4)} +- ${Math.sqrt(variance / values.length).toFixed(4)}`.padEnd(24);
  });
  process.stdout.write(`${aim.padEnd(12)}${cells.join('')}\n`);
}
