/** `synod export`: a trained model for other programs. */
import type { CommandModule } from 'yargs';
import type { ExportFlags } from '../models/export-model.ts';

interface ExportArguments extends ExportFlags {
  readonly json: boolean;
}

export const exportCommand: CommandModule<object, ExportArguments> = {
  command: 'export <source>',
  describe: 'write a trained model as .safetensors or as TF.js files',
  builder: (yargs) =>
    yargs
      .positional('source', {
        type: 'string',
        demandOption: true,
        describe: 'the folder of a stopped peer, a .safetensors file, or a state (with --experiment)',
      })
      .option('format', {
        choices: ['safetensors', 'tfjs'] as const,
        default: 'safetensors' as const,
        describe: 'one file, or a TF.js Layers model',
      })
      .option('out', { type: 'string', describe: 'the file, or the folder of TF.js files' })
      .option('round', { type: 'number', describe: 'of a peer: after so many rounds; all' })
      .option('experiment', { type: 'string', describe: 'the experiment file of the state' })
      .option('model', { type: 'string', describe: 'the model, where the file does not say' })
      .option('data', { type: 'string', describe: 'the data set, where the file does not say' })
      .option('data-dir', { type: 'string', describe: 'the folder of the data, where shapes come from it' })
      .option('json', { type: 'boolean', default: false, describe: 'print one JSON object' }),
  handler: async ({ json, ...flags }) => {
    const { exportModel } = await import('../models/export-model.ts');
    const report = await exportModel(flags);
    const { out, parameters, round } = report;
    const text = `${out}: ${parameters} parameters${round === null ? '' : ` after ${round} rounds`}`;
    process.stdout.write(`${json ? JSON.stringify(report) : text}\n`);
  },
};
