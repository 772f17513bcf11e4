/** `synod reproduce NAME`: a paper's experiment on real data, as tables, figures and CSV. */
import type { CommandModule } from 'yargs';

interface ReproduceArguments {
  name: string;
  quick: boolean;
  seeds: string | undefined;
  'data-dir': string | undefined;
  out: string | undefined;
  threads: number | undefined;
  json: boolean;
}

export const reproduce: CommandModule<object, ReproduceArguments> = {
  command: 'reproduce <name>',
  describe: "repeat a paper's experiment and say which of its claims held",
  builder: (yargs) =>
    yargs
      .positional('name', {
        type: 'string',
        demandOption: true,
        describe: 'which experiment (docs/reproductions.md)',
      })
      .option('quick', { type: 'boolean', default: false, describe: 'a smaller grid, under three minutes' })
      .option('seeds', { type: 'string', describe: "a..b or a,b,c; the paper's unless given" })
      .option('data-dir', {
        type: 'string',
        describe: 'folder with the data sets',
        defaultDescription: '../shared/data',
      })
      .option('out', {
        type: 'string',
        describe: 'folder of the report and of unfinished work',
        defaultDescription: 'reproductions/NAME',
      })
      .option('threads', { type: 'number', describe: 'worker threads; one for each core unless given' })
      .option('json', { type: 'boolean', default: false, describe: 'one JSON object on the last line' }),
  handler: async (argv) => {
    const { reproduce: run } = await import('../../simulations/reproduce/reproduce.ts');
    const { gridOptions, printOutcome } = await import('../grid-command.ts');
    const { name, quick, json } = argv;
    const outcome = await run({
      name,
      quick,
      ...gridOptions(argv, `reproductions/${name}${quick ? '-quick' : ''}`),
    });
    printOutcome(outcome, json);
  },
};
