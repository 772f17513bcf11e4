/** `synod check`: reads an experiment file as a peer would and tells what it means, before anything is started. */
import { join } from 'node:path';
import { dataDir, json } from '../cli/common-flags.ts';
import { defineCommand } from '../cli/command.ts';
import { readWith, text, toggle } from '../cli/flag.ts';
import { OperatorError } from '../../src/foundation/operator-error.ts';
import { parseLineRate } from '../cli/line-rate.ts';

export const check = defineCommand({
  name: 'check',
  summary: 'check an experiment file and print its id, which must be the same on every machine',
  examples: [
    { command: 'synod check experiment.yaml', about: 'what the file means, and its id' },
    {
      command: 'synod check experiment.yaml --dir alice',
      about: 'and where the peer of that folder stands in it',
    },
    {
      command: 'synod check experiment.yaml --data-dir ~/data --line 100mbit',
      about: 'and its sizes where the data tells them, with the seconds that a member receives',
    },
    {
      command: 'synod check --schema',
      about: 'what editors take to complete and check a file while it is written',
    },
  ],
  arguments: {
    experiment: text({ about: 'the experiment file', placeholder: 'EXPERIMENT' }),
  },
  flags: {
    schema: toggle({
      about: 'print the JSON Schema of experiment files instead, for editors (docs/experiment.md)',
    }),
    dir: text({ about: "a peer's folder: tells its place in the roster", placeholder: 'DIR' }),
    dataDir: {
      ...dataDir,
      about: 'the folder that holds the data set, for what only its files tell; nothing is downloaded',
    },
    line: readWith(parseLineRate, {
      about:
        "a peer's line, such as 100mbit: tells the seconds that a member of the committee receives a round",
      placeholder: 'RATE',
    }),
    json,
  },
  async run({ experiment: path, schema, dir, dataDir: folder, line, json: asJson }) {
    if (schema) {
      const { experimentJsonSchema } = await import('../../src/config/experiment-schema.ts');
      process.stdout.write(`${JSON.stringify(experimentJsonSchema(), null, 2)}\n`);
      return;
    }
    if (path === undefined) throw new OperatorError('check needs EXPERIMENT: the experiment file');
    const { loadExperiment } = await import('../../src/config/experiment-file.ts');
    const { describeExperiment, printDescription } = await import('../describe-experiment.ts');
    const { sizeWithFiles } = await import('../../src/run/known-size.ts');
    const { KEY_FILE_NAME, loadKeyFile } = await import('../../src/crypto/key-file.ts');
    const { lookAtDataFolder } = await import('../data-folder.ts');
    const experiment = loadExperiment(path);
    lookAtDataFolder(folder, experiment.data);
    const self = dir === undefined ? undefined : (await loadKeyFile(join(dir, KEY_FILE_NAME))).id;
    const description = describeExperiment(experiment, {
      self,
      size: await sizeWithFiles(experiment, folder),
      lineBytesPerSecond: line,
    });
    process.stdout.write(asJson ? `${JSON.stringify(description)}\n` : printDescription(description));
  },
});
