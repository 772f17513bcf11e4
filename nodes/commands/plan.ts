/** `synod plan`: how large a committee must be for N peers of which B are Byzantine, and what a round then costs. */
import { INLINE_BYTES } from '../../src/protocol/limits.ts';
import { json } from '../cli/common-flags.ts';
import { defineCommand } from '../cli/command.ts';
import { integer, number, toggle } from '../cli/flag.ts';

const USUAL_COHORT = 16;

export const plan = defineCommand({
  name: 'plan',
  summary: 'committee size, bytes and limits for N peers of which B are Byzantine',
  details: 'docs/committee.md tells the mathematics.',
  examples: [
    {
      command: 'synod plan --peers 100 --byzantine 20',
      about: 'the least committee that is safe in all but one of a million rounds',
    },
    {
      command: 'synod plan --peers 10 --byzantine 3 --rules',
      about: 'which aggregation rule to take, from stored runs under every attack',
    },
  ],
  arguments: {},
  flags: {
    peers: integer({ about: 'N, peers in the roster', least: 1, required: true }),
    byzantine: integer({
      about: 'B, those that one adversary may hold',
      placeholder: 'B',
      least: 0,
      required: true,
    }),
    failure: number({
      about: 'chance per round of an unsafe committee',
      placeholder: 'CHANCE',
      above: 0,
      most: 1,
      default: 1e-6,
    }),
    rounds: integer({ about: 'length of the run', least: 1, default: 1000 }),
    committee: integer({
      about: 'size to look at',
      placeholder: 'SIZE',
      least: 1,
      defaultText: 'the least for --failure',
    }),
    cohort: integer({
      about: 'workers a round',
      placeholder: 'SIZE',
      least: 1,
      defaultText: `${USUAL_COHORT}, or all`,
    }),
    contributionBytes: integer({
      about: 'encoded contribution',
      placeholder: 'BYTES',
      least: 0,
      default: 262_144,
    }),
    updateBytes: integer({ about: 'encoded update', placeholder: 'BYTES', least: 0, default: 524_288 }),
    inlineBytes: integer({
      about: 'bodies up to this travel by gossip',
      placeholder: 'BYTES',
      least: 0,
      default: INLINE_BYTES,
    }),
    rules: toggle({ about: 'compare aggregation rules for this cohort instead' }),
    json,
  },
  async run({ json: asJson, verbose: _verbose, rules, ...input }) {
    const { makePlan, printPlan } = await import('./plan-report.ts');
    const report = makePlan({ ...input, cohort: input.cohort ?? Math.min(USUAL_COHORT, input.peers) });
    if (rules) {
      const { adviseRule, printAdvice } = await import('./rule-advice.ts');
      const advice = adviseRule(report.cohort.size, report.cohort.aggregationF);
      process.stdout.write(asJson ? `${JSON.stringify(advice)}\n` : printAdvice(advice));
      return;
    }
    process.stdout.write(asJson ? `${JSON.stringify(report)}\n` : printPlan(report));
  },
});
