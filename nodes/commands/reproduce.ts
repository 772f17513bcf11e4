/** `synod reproduce NAME`: a paper's experiment on real data, as tables, figures and CSV. */
import type { CommandModule } from 'yargs';
import { invalidField } from '../../src/foundation/operator-error.ts';

interface ReproduceArguments {
  name: string;
  quick: boolean;
  full: boolean;
  seeds: string | undefined;
  'data-dir': string | undefined;
  out: string | undefined;
  threads: number | undefined;
  only: string | undefined;
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
      .option('full', {
        type: 'boolean',
        default: false,
        describe: "the paper's own networks and rounds: for a GPU, or days",
      })
      .option('seeds', { type: 'string', describe: "a..b or a,b,c; the paper's unless given" })
      .option('data-dir', {
        type: 'string',
        describe: 'folder with the data sets; downloaded where left out',
      })
      .option('out', {
        type: 'string',
        describe: 'folder of the report and of unfinished work',
        defaultDescription: 'reproductions/NAME',
      })
      .option('threads', { type: 'number', describe: 'worker threads; one for each core unless given' })
      .option('only', {
        type: 'string',
        describe: 'only the cells whose name contains this (names: the first column of results.csv)',
      })
      .option('json', { type: 'boolean', default: false, describe: 'one JSON object on the last line' }),
  handler: async (argv) => {
    const { reproduce: run } = await import('../../simulations/reproduce/reproduce.ts');
    const { gridOptions, printOutcome } = await import('../grid-command.ts');
    const { name, json } = argv;
    if (argv.quick && argv.full) throw invalidField('--full', 'be left out beside --quick', true);
    const size = argv.quick ? 'quick' : argv.full ? 'paper' : 'standard';
    const outcome = await run({
      name,
      size,
      ...(argv.only === undefined ? {} : { only: argv.only }),
      ...gridOptions(argv, `reproductions/${name}${size === 'standard' ? '' : `-${size}`}`),
    });
    printOutcome(outcome, json);
  },
};
