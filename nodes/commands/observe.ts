/** `synod observe`: the live page of a stored run, or of a peer that runs elsewhere. */
import { dashboard } from '../cli/common-flags.ts';
import { defineCommand } from '../cli/command.ts';
import { text } from '../cli/flag.ts';

export const observe = defineCommand({
  name: 'observe',
  summary: 'show a run in the browser: a stored one, or a peer that runs',
  examples: [
    { command: 'synod observe runs/simulate-1', about: 'a run that is over, or that goes on in this folder' },
    {
      command: 'synod observe "http://192.0.2.1:8800/?token=..."',
      about: 'a peer elsewhere, at the address that it printed as `dashboard:`',
    },
  ],
  arguments: {
    run: text({
      about: "a run's folder, or the address of a running peer's page",
      placeholder: 'RUN',
      required: true,
    }),
  },
  flags: {
    dashboard: {
      ...dashboard,
      about: 'where to serve it: PORT of this machine or HOST:PORT; alone: on any free port',
    },
  },
  async run({ run, dashboard: where }) {
    const { observeRun } = await import('../observe/observe-run.ts');
    await observeRun(run, where ?? '0');
  },
});
