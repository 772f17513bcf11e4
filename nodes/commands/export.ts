/** `synod export`: a trained model for other programs. */
import { dataDir, json } from '../cli/common-flags.ts';
import { defineCommand } from '../cli/command.ts';
import { choice, integer, text } from '../cli/flag.ts';
import { dataNames, modelNames } from '../cli/name-lists.ts';

export const exportCommand = defineCommand({
  name: 'export',
  summary: 'write a trained model as .safetensors or as TF.js files',
  examples: [
    {
      command: 'synod export synod-peer --out model.safetensors',
      about: 'of a stopped peer, after all of its rounds',
    },
    {
      command: 'synod export model.safetensors --format tfjs --out web',
      about: 'model.json and weights.bin for browsers',
    },
    {
      command: 'synod export state.bin --experiment experiment.yaml --out model.safetensors',
      about: 'the state of a training application',
    },
  ],
  arguments: {
    source: text({
      about: 'the folder of a stopped peer, a .safetensors file, or a state (with --experiment)',
      placeholder: 'SOURCE',
      required: true,
    }),
  },
  flags: {
    format: choice(['safetensors', 'tfjs'], {
      about: 'one file, or a TF.js Layers model',
      default: 'safetensors',
    }),
    out: text({
      about:
        'the file to write, or the folder of TF.js files; one that is there is replaced only where it is named',
      placeholder: 'PATH',
      defaultText: 'model.safetensors, or the folder model-tfjs',
    }),
    round: integer({
      about: 'of a peer: the model after so many rounds',
      least: 0,
      defaultText: 'all that it holds',
    }),
    experiment: text({ about: 'the experiment file of the state', placeholder: 'FILE' }),
    model: text({
      about: 'the model, where the file does not say: a kind, JSON, ./model.json or ./task.ts',
      placeholder: 'KIND|FILE|JSON',
      names: modelNames,
    }),
    data: text({
      about: 'the data set, where the file does not say: a name or JSON',
      placeholder: 'NAME|JSON',
      names: dataNames,
    }),
    dataDir,
    json,
  },
  async run({ json: asJson, ...flags }) {
    const { exportModel } = await import('../models/export-model.ts');
    const { filledByModelFlags, withFlags } = await import('../from-flag.ts');
    const report = await withFlags(filledByModelFlags(flags), () => exportModel(flags));
    const { out, parameters, round } = report;
    const words = `${out}: ${parameters} parameters${round === null ? '' : ` after ${round} rounds`}`;
    process.stdout.write(`${asJson ? JSON.stringify(report) : words}\n`);
  },
});
