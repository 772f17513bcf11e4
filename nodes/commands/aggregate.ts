/** `synod aggregate`: robust aggregation of vectors in files, for any other tool to call. */
import { INTEGER_TENSORS } from '../../src/file-aggregation/vector-source.ts';
import { json, threads } from '../cli/common-flags.ts';
import { defineCommand } from '../cli/command.ts';
import { anyText, choice, integer, list, number, text } from '../cli/flag.ts';
import { preAggregatorNames, ruleNames } from '../cli/name-lists.ts';

/** One WebAssembly memory, less what vectors, results and the kernels' scratch take. */
const MOST_MEMORY_MIB = 3584;

export const aggregate = defineCommand({
  name: 'aggregate',
  summary: 'robustly aggregate the rows of a .npy matrix, or .safetensors files',
  details: 'docs/aggregation.md tells the rules, what they bear and what they cost.',
  examples: [
    {
      command: 'synod aggregate --rule ctma --base median --pre nnm --f 3 inputs.npy --out aggregate.npy',
      about: 'the rows of a matrix, of which up to 3 may be Byzantine',
    },
    {
      command:
        'synod aggregate --rule flag --param lambda=4 --f 3 workers/ --out aggregate.safetensors --json',
      about: 'a folder of .safetensors files, one for each worker',
    },
  ],
  arguments: {
    inputs: {
      ...list({
        about: 'one .npy (n x d, float32 or float64), or .safetensors files or a folder of them',
        placeholder: 'INPUTS',
      }),
      required: true,
    },
  },
  flags: {
    rule: text({ about: 'the rule', placeholder: 'RULE', required: true, names: ruleNames }),
    base: text({ about: 'the rule that ctma trims around', placeholder: 'RULE', names: ruleNames }),
    pre: anyText({
      about: 'pre-aggregators in order, separated by commas',
      placeholder: 'NAMES',
      names: preAggregatorNames,
    }),
    f: integer({ about: 'how many of the inputs may be Byzantine', least: 0, required: true }),
    param: list({
      about: 'a setting of the rule, its base or a pre-aggregator; may be given several times',
      placeholder: 'KEY=VALUE',
    }),
    weights: text({
      about: 'a .npy vector of n weights, or .json from file name to weight',
      placeholder: 'FILE',
    }),
    integers: choice(INTEGER_TENSORS, {
      about: 'what becomes of tensors of integers: copied from the first file, or left out',
      default: 'refuse',
    }),
    threads: { ...threads, about: 'threads; the result is the same for any number' },
    memory: number({
      about: 'MiB of inputs held at a time; larger inputs are read several times, block by block',
      placeholder: 'MIB',
      least: 1,
      most: MOST_MEMORY_MIB,
      default: 2048,
    }),
    out: text({ about: "the file to write, of the inputs' kind", placeholder: 'FILE', required: true }),
    json,
  },
  async run({ json: asJson, verbose: _verbose, ...flags }) {
    const { aggregateInThread } = await import('../../src/file-aggregation/aggregate-in-thread.ts');
    const { filledByFlags, optionsOf, printReport } = await import('../aggregate/aggregate-flags.ts');
    const { withFlags } = await import('../from-flag.ts');
    const { untilInterrupted } = await import('../interrupt.ts');
    const { signal, release } = untilInterrupted();
    try {
      const report = await withFlags(filledByFlags(flags), () => aggregateInThread(optionsOf(flags), signal));
      process.stdout.write(asJson ? `${JSON.stringify(report)}\n` : printReport(report));
    } finally {
      release();
    }
  },
});
