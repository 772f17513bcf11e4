/** `synod aggregate`: robust aggregation of vectors in files, for any other tool to call. */
import { availableParallelism } from 'node:os';
import type { CommandModule } from 'yargs';
import { INTEGER_TENSORS, type IntegerTensors } from '../aggregate/integer-tensors.ts';

interface AggregateArguments {
  readonly inputs: readonly string[];
  readonly rule: string;
  readonly base: string | undefined;
  readonly pre: string | undefined;
  readonly f: number;
  readonly param: readonly string[];
  readonly weights: string | undefined;
  readonly integers: IntegerTensors;
  readonly threads: number;
  readonly memory: number;
  readonly out: string;
  readonly json: boolean;
}

const MOST_THREADS = 256;

export const aggregate: CommandModule<object, AggregateArguments> = {
  command: 'aggregate <inputs..>',
  describe: 'robustly aggregate the rows of a .npy matrix, or .safetensors files',
  builder: (yargs) =>
    yargs
      .positional('inputs', {
        type: 'string',
        array: true,
        demandOption: true,
        describe: 'one .npy (n x d, float32 or float64), or .safetensors files or a folder of them',
      })
      .option('rule', { type: 'string', demandOption: true, describe: 'rule: krum, ctma, flag, ...' })
      .option('base', { type: 'string', describe: 'the rule that ctma trims around' })
      .option('pre', { type: 'string', describe: 'pre-aggregators in order: nnm,bucketing,clip,arc' })
      .option('f', { type: 'number', demandOption: true, describe: 'how many inputs may be Byzantine' })
      .option('param', {
        type: 'string',
        array: true,
        nargs: 1,
        default: [],
        describe: 'a setting of the rule, its base or a pre-aggregator, as key=value',
      })
      .option('weights', {
        type: 'string',
        describe: '.npy vector of n weights, or .json from file name to weight',
      })
      .option('integers', {
        choices: INTEGER_TENSORS,
        default: 'refuse' as const,
        describe: 'what becomes of tensors of integers: copied from the first file, or left out',
      })
      .option('threads', {
        type: 'number',
        default: Math.min(MOST_THREADS, availableParallelism()),
        describe: 'threads; the result is the same for any number',
      })
      .option('memory', {
        type: 'number',
        default: 2048,
        describe: 'MiB of inputs held at a time; larger inputs are read several times, block by block',
      })
      .option('out', { type: 'string', demandOption: true, describe: "file to write, of the inputs' kind" })
      .option('json', { type: 'boolean', default: false, describe: 'print one JSON object' }),
  handler: async (args) => {
    const { aggregateFiles, printReport } = await import('../aggregate/aggregate-files.ts');
    const report = await aggregateFiles({ ...args, memoryMiB: args.memory });
    process.stdout.write(args.json ? `${JSON.stringify(report)}\n` : printReport(report));
  },
};
