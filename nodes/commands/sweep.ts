/** `synod sweep FILE`: the user's own grid over any field of an experiment. */
import { parse } from 'node:path';
import type { CommandModule } from 'yargs';

interface SweepArguments {
  file: string;
  seeds: string | undefined;
  'data-dir': string | undefined;
  out: string | undefined;
  threads: number | undefined;
  json: boolean;
}

export const sweep: CommandModule<object, SweepArguments> = {
  command: 'sweep <file>',
  describe: 'train every combination of some values of an experiment, and compare',
  builder: (yargs) =>
    yargs
      .positional('file', {
        type: 'string',
        demandOption: true,
        describe: 'the grid, YAML or JSON (docs/reproductions.md)',
      })
      .option('seeds', { type: 'string', describe: "a..b or a,b,c; the file's unless given" })
      .option('data-dir', {
        type: 'string',
        describe: 'folder with the data sets; downloaded where left out',
      })
      .option('out', {
        type: 'string',
        describe: 'folder of the report and of unfinished work',
        defaultDescription: 'sweeps/NAME',
      })
      .option('threads', { type: 'number', describe: 'worker threads; one for each core unless given' })
      .option('json', { type: 'boolean', default: false, describe: 'one JSON object on the last line' }),
  handler: async (argv) => {
    const { runSweep } = await import('../../simulations/reproduce/sweep.ts');
    const { parseSweep } = await import('../../simulations/reproduce/sweep-cells.ts');
    const { readDocument } = await import('../../src/config/experiment-file.ts');
    const { gridOptions, printOutcome } = await import('../grid-command.ts');
    const { name } = parse(argv.file);
    const { seeds, ...options } = gridOptions(argv, `sweeps/${name}`);
    const spec = parseSweep(readDocument(argv.file));
    const outcome = await runSweep({
      ...options,
      spec: seeds === undefined ? spec : { ...spec, seeds },
      command: `synod sweep ${argv.file}`,
    });
    printOutcome(outcome, argv.json);
  },
};
