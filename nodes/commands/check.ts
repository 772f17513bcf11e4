/** `synod check`: reads an experiment file as a peer would and tells what it means, before anything is started. */
import { join } from 'node:path';
import type { CommandModule } from 'yargs';

interface CheckArguments {
  readonly experiment: string;
  readonly dir: string | undefined;
  readonly json: boolean;
}

export const check: CommandModule<object, CheckArguments> = {
  command: 'check <experiment>',
  describe: 'check an experiment file and print its id, which must be the same on every machine',
  builder: (yargs) =>
    yargs
      .positional('experiment', { type: 'string', demandOption: true, describe: 'the experiment file' })
      .option('dir', { type: 'string', describe: "a peer's folder: tells its place in the roster" })
      .option('json', { type: 'boolean', default: false, describe: 'print one JSON object' }),
  handler: async ({ experiment: path, dir, json }) => {
    const { loadExperiment } = await import('../../src/config/experiment-file.ts');
    const { describeExperiment, printDescription } = await import('../describe-experiment.ts');
    const { KEY_FILE_NAME, loadKeyFile } = await import('../../src/crypto/key-file.ts');
    const experiment = loadExperiment(path);
    const self = dir === undefined ? undefined : (await loadKeyFile(join(dir, KEY_FILE_NAME))).id;
    const description = describeExperiment(experiment, self);
    process.stdout.write(json ? `${JSON.stringify(description)}\n` : printDescription(description));
  },
};
