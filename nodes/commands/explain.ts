/** `synod explain`: a round of a stored run in sentences. */
import { json, peerDir } from '../cli/common-flags.ts';
import { defineCommand } from '../cli/command.ts';
import { text } from '../cli/flag.ts';

export const explain = defineCommand({
  name: 'explain',
  summary: 'tell what happened in a round: who was asked, who was cut and why, what it cost',
  examples: [
    { command: 'synod explain 12 --run runs/simulate-1', about: 'round 12 of a simulation' },
    { command: 'synod explain last --run alice', about: 'the newest decided round, as a peer saw it' },
  ],
  arguments: {
    round: text({ about: 'its number, or `last`', placeholder: 'ROUND', required: true }),
  },
  flags: {
    run: { ...peerDir, about: "the run's folder, which holds its event log" },
    json,
  },
  async run({ round, run, json: asJson }) {
    const { readRun } = await import('../../src/observe/read-run.ts');
    const { explainRound } = await import('../../src/observe/explain-round.ts');
    const { invalidField } = await import('../../src/foundation/operator-error.ts');
    const { shownLines } = await import('../../src/telemetry/shown-text.ts');
    const { view } = await readRun(run);
    const number = round === 'last' ? view.decided : /^\d{1,9}$/.test(round) ? Number(round) : NaN;
    const seen = view.rounds[number];
    if (seen === undefined) {
      const first = view.rounds.findIndex((candidate) => candidate !== undefined);
      const reach = first < 0 ? 'the log holds none' : `the log reaches from ${first} to ${view.newest}`;
      throw invalidField('ROUND', `be a round of the run or last (${reach})`, round);
    }
    const { opened, contributions, decision, skip, views, phases } = seen;
    const whole = { round: number, opened, contributions, decision, skip, views, phases };
    process.stdout.write(asJson ? `${JSON.stringify(whole)}\n` : shownLines(explainRound(view, number)));
  },
});
