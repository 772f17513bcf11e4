/** `synod plan`: how large a committee must be for N peers of which B are Byzantine, and what a round then costs. */
import type { CommandModule } from 'yargs';
import { INLINE_BYTES } from '../../src/protocol/limits.ts';

interface PlanArguments {
  readonly peers: number;
  readonly byzantine: number;
  readonly failure: number;
  readonly rounds: number;
  readonly committee: number | undefined;
  readonly cohort: number | undefined;
  readonly 'contribution-bytes': number;
  readonly 'update-bytes': number;
  readonly 'inline-bytes': number;
  readonly json: boolean;
}

export const plan: CommandModule<object, PlanArguments> = {
  command: 'plan',
  describe: 'committee size, bytes and limits for N peers of which B are Byzantine',
  builder: (yargs) =>
    yargs
      .option('peers', { type: 'number', demandOption: true, describe: 'N, peers in the roster' })
      .option('byzantine', {
        type: 'number',
        demandOption: true,
        describe: 'B, those that one adversary may hold',
      })
      .option('failure', {
        type: 'number',
        default: 1e-6,
        describe: 'chance per round of an unsafe committee',
      })
      .option('rounds', { type: 'number', default: 1000, describe: 'length of the run' })
      .option('committee', { type: 'number', describe: 'size to look at (default: the least for --failure)' })
      .option('cohort', { type: 'number', describe: 'workers a round (default: 16, or all)' })
      .option('contribution-bytes', { type: 'number', default: 262_144, describe: 'encoded contribution' })
      .option('update-bytes', { type: 'number', default: 524_288, describe: 'encoded update' })
      .option('inline-bytes', {
        type: 'number',
        default: INLINE_BYTES,
        describe: 'bodies up to this travel by gossip',
      })
      .option('json', { type: 'boolean', default: false, describe: 'print one JSON object' }),
  handler: async (args) => {
    const { makePlan, printPlan } = await import('./plan-report.ts');
    const report = makePlan({
      peers: args.peers,
      byzantine: args.byzantine,
      failure: args.failure,
      rounds: args.rounds,
      committee: args.committee,
      cohort: args.cohort ?? Math.min(16, args.peers),
      contributionBytes: args['contribution-bytes'],
      updateBytes: args['update-bytes'],
      inlineBytes: args['inline-bytes'],
    });
    process.stdout.write(args.json ? `${JSON.stringify(report)}\n` : printPlan(report));
  },
};
