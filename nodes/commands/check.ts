/** `synod check`: reads an experiment file as a peer would and tells what it means, before anything is started. */
import { join } from 'node:path';
import { json } from '../cli/common-flags.ts';
import { defineCommand } from '../cli/command.ts';
import { text } from '../cli/flag.ts';

export const check = defineCommand({
  name: 'check',
  summary: 'check an experiment file and print its id, which must be the same on every machine',
  examples: [
    { command: 'synod check experiment.yaml', about: 'what the file means, and its id' },
    {
      command: 'synod check experiment.yaml --dir alice',
      about: 'and where the peer of that folder stands in it',
    },
  ],
  arguments: {
    experiment: text({ about: 'the experiment file', placeholder: 'EXPERIMENT', required: true }),
  },
  flags: {
    dir: text({ about: "a peer's folder: tells its place in the roster", placeholder: 'DIR' }),
    json,
  },
  async run({ experiment: path, dir, json: asJson }) {
    const { loadExperiment } = await import('../../src/config/experiment-file.ts');
    const { describeExperiment, printDescription } = await import('../describe-experiment.ts');
    const { KEY_FILE_NAME, loadKeyFile } = await import('../../src/crypto/key-file.ts');
    const experiment = loadExperiment(path);
    const self = dir === undefined ? undefined : (await loadKeyFile(join(dir, KEY_FILE_NAME))).id;
    const description = describeExperiment(experiment, self);
    process.stdout.write(asJson ? `${JSON.stringify(description)}\n` : printDescription(description));
  },
});
