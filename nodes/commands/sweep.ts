/** `synod sweep FILE`: the user's own grid over any field of an experiment. */
import { parse } from 'node:path';
import { dataDir, json, quiet, seeds, threads } from '../cli/common-flags.ts';
import { defineCommand } from '../cli/command.ts';
import { text } from '../cli/flag.ts';

export const sweep = defineCommand({
  name: 'sweep',
  summary: 'train every combination of some values of an experiment, and compare',
  details: 'docs/reproductions.md tells what the file holds.',
  examples: [
    {
      command: 'synod sweep grid.yaml --seeds 1..3',
      about: 'three seeds of each; the report in ./sweeps/grid',
    },
  ],
  arguments: {
    file: text({ about: 'the grid, YAML or JSON', placeholder: 'FILE', required: true }),
  },
  flags: {
    seeds: { ...seeds, defaultText: "the file's" },
    dataDir,
    out: text({
      about: 'folder of the report and of unfinished work',
      placeholder: 'DIR',
      defaultText: 'sweeps/NAME',
    }),
    threads,
    quiet,
    json,
  },
  async run({ file, ...grid }) {
    const { runSweep } = await import('../../simulations/reproduce/sweep.ts');
    const { parseSweep } = await import('../../simulations/reproduce/sweep-cells.ts');
    const { readDocument } = await import('../../src/config/experiment-file.ts');
    const { runGridCommand } = await import('../grid-command.ts');
    const spec = parseSweep(readDocument(file, 'the grid'));
    await runGridCommand(grid, `sweeps/${parse(file).name}`, ({ seeds: chosen, ...options }) =>
      runSweep({
        ...options,
        spec: chosen === undefined ? spec : { ...spec, seeds: chosen },
        command: `synod sweep ${file}`,
      }),
    );
  },
});
