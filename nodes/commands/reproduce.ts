/** `synod reproduce NAME`: a paper's experiment on real data, as tables, figures and CSV. */
import { OperatorError } from '../../src/foundation/operator-error.ts';
import { dataDir, json, quiet, seeds, threads } from '../cli/common-flags.ts';
import { defineCommand } from '../cli/command.ts';
import { text, toggle } from '../cli/flag.ts';
import { reproductionNames } from '../cli/name-lists.ts';

export const reproduce = defineCommand({
  name: 'reproduce',
  summary: "repeat a paper's experiment and say which of its claims held",
  details: 'docs/reproductions.md tells what came of each.',
  examples: [
    {
      command: 'synod reproduce vr-marina-pp-a9a --quick --data-dir ~/data',
      about: 'a smaller grid, as tables and figures in ./reproductions/vr-marina-pp-a9a-quick',
    },
  ],
  arguments: {
    name: text({ about: 'which experiment', placeholder: 'NAME', required: true, names: reproductionNames }),
  },
  flags: {
    quick: toggle({ about: 'a smaller grid, under three minutes' }),
    full: toggle({ about: "the paper's own networks and rounds: for a GPU, or days" }),
    seeds: { ...seeds, defaultText: "the paper's" },
    dataDir,
    out: text({
      about: 'folder of the report and of unfinished work',
      placeholder: 'DIR',
      defaultText: 'reproductions/NAME',
    }),
    threads,
    only: text({ about: 'only the cells whose name contains this (the first column of results.csv)' }),
    quiet,
    json,
  },
  async run({ name, quick, full, only, json: asJson, ...grid }) {
    if (quick && full) throw new OperatorError('--full must be left out beside --quick');
    const { reproduce: run } = await import('../../simulations/reproduce/reproduce.ts');
    const { findReproduction } = await import('../../simulations/reproduce/catalogue.ts');
    const { runGridCommand } = await import('../grid-command.ts');
    findReproduction(name);
    const size = quick ? 'quick' : full ? 'paper' : 'standard';
    const usualOut = `reproductions/${name}${size === 'standard' ? '' : `-${size}`}`;
    await runGridCommand({ ...grid, json: asJson }, usualOut, (options) =>
      run({ ...options, name, size, ...(only === undefined ? {} : { only }) }),
    );
  },
});
