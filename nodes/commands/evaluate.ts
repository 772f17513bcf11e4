/** `synod evaluate`: loss and accuracy of a model file on a data set. */
import type { CommandModule } from 'yargs';
import type { EvaluateFlags } from '../models/evaluate-model.ts';

interface EvaluateArguments extends EvaluateFlags {
  readonly json: boolean;
}

export const evaluate: CommandModule<object, EvaluateArguments> = {
  command: 'evaluate <checkpoint>',
  describe: 'loss and accuracy of a .safetensors model on a data set',
  builder: (yargs) =>
    yargs
      .positional('checkpoint', { type: 'string', demandOption: true, describe: 'a .safetensors file' })
      .option('data', { type: 'string', describe: 'a data set by name or as JSON; what it was trained on' })
      .option('data-dir', { type: 'string', describe: 'the folder of the data; downloaded where it can be' })
      .option('model', { type: 'string', describe: 'the model, where the file does not say' })
      .option('split', {
        choices: ['test', 'train'] as const,
        default: 'test' as const,
        describe: 'which part of the data set',
      })
      .option('backend', {
        type: 'string',
        default: 'auto',
        describe: 'auto, tfjs-node-gpu, webgpu, tfjs-node, wasm, cpu',
      })
      .option('sample', { type: 'number', describe: 'of a model of text: write so many characters' })
      .option('prompt', { type: 'string', describe: 'what the sample goes on from' })
      .option('temperature', {
        type: 'number',
        describe: '1 draws as the model says, below 1 more likely text',
      })
      .option('seed', { type: 'string', describe: 'another seed writes another sample' })
      .option('json', { type: 'boolean', default: false, describe: 'print one JSON object' }),
  handler: async ({ json, ...flags }) => {
    const { evaluateModel } = await import('../models/evaluate-model.ts');
    const report = await evaluateModel(flags);
    const { data, split, examples, loss, accuracy, model, round, sample } = report;
    const words = [
      `${model} on ${data} (${split}, ${examples} examples)`,
      ...(round === null ? [] : [`after ${round} rounds`]),
      `loss ${loss.toFixed(4)}`,
      ...(accuracy === null ? [] : [`accuracy ${(100 * accuracy).toFixed(2)} %`]),
    ];
    if (json) process.stdout.write(`${JSON.stringify(report)}\n`);
    else
      process.stdout.write(
        `${[words.join(', '), ...(sample === undefined ? [] : ['', sample])].join('\n')}\n`,
      );
  },
};
