/** `synod evaluate`: loss and accuracy of a model file on a data set. */
import { backend, dataDir, json } from '../cli/common-flags.ts';
import { defineCommand } from '../cli/command.ts';
import { anyText, choice, integer, number, text } from '../cli/flag.ts';
import { dataNames, modelNames } from '../cli/name-lists.ts';

export const evaluate = defineCommand({
  name: 'evaluate',
  summary: 'loss and accuracy of a .safetensors model on a data set',
  examples: [
    { command: 'synod evaluate model.safetensors', about: 'on the test split of what it was trained on' },
    {
      command: 'synod evaluate model.safetensors --data fashion-mnist --data-dir ~/data',
      about: 'on another data set',
    },
    {
      command: "synod evaluate text.safetensors --sample 400 --prompt 'ROMEO:' --temperature 0.8",
      about: 'a model of text, and what it writes',
    },
  ],
  arguments: {
    checkpoint: text({ about: 'a .safetensors file', placeholder: 'CHECKPOINT', required: true }),
  },
  flags: {
    data: text({
      about: 'a data set by name or as JSON (docs/data.md)',
      placeholder: 'NAME|JSON',
      defaultText: 'what it was trained on',
      names: dataNames,
    }),
    dataDir,
    model: text({
      about: 'the model, where the file does not say: a kind, JSON, ./model.json or ./task.ts',
      placeholder: 'KIND|FILE|JSON',
      names: modelNames,
    }),
    split: choice(['test', 'train'], { about: 'which part of the data set', default: 'test' }),
    backend,
    sample: integer({ about: 'of a model of text: write so many characters', least: 1, most: 100_000 }),
    prompt: anyText({ about: 'what the sample goes on from' }),
    temperature: number({ about: '1 draws as the model says, below 1 more likely text', above: 0 }),
    seed: anyText({ about: 'another seed writes another sample' }),
    json,
  },
  async run({ json: asJson, ...flags }) {
    const { evaluateModel } = await import('../models/evaluate-model.ts');
    const { filledByModelFlags, withFlags } = await import('../from-flag.ts');
    const report = await withFlags(filledByModelFlags(flags), () => evaluateModel(flags));
    const { data, split, examples, loss, accuracy, model, round, sample } = report;
    const words = [
      `${model} on ${data} (${split}, ${examples} examples)`,
      ...(round === null ? [] : [`after ${round} rounds`]),
      `loss ${loss.toFixed(4)}`,
      ...(accuracy === null ? [] : [`accuracy ${(100 * accuracy).toFixed(2)} %`]),
    ];
    if (asJson) process.stdout.write(`${JSON.stringify(report)}\n`);
    else
      process.stdout.write(
        `${[words.join(', '), ...(sample === undefined ? [] : ['', sample])].join('\n')}\n`,
      );
  },
});
