/** `synod simulate`: a local run of real peers over libp2p, some of them Byzantine, compared with plain averaging. */
import type { CommandModule } from 'yargs';
import type { SimulateFlags } from '../simulate/settings.ts';

type Arguments = SimulateFlags & { readonly json: boolean; readonly verbose: boolean };

export const simulate: CommandModule<object, Arguments> = {
  command: 'simulate',
  describe: 'run peers on this machine, some of them attacking',
  builder: (yargs) =>
    yargs.options({
      experiment: {
        type: 'string',
        describe: 'an experiment file; its roster is replaced by simulated peers',
      },
      peers: { type: 'number', default: 8, describe: 'how many peers' },
      byzantine: { type: 'number', default: 2, describe: 'how many of them attack' },
      attack: {
        type: 'string',
        default: 'ipm',
        describe: 'ipm, alie, sign-flip, label-flip, ... (docs/attacks.md)',
      },
      'attack-param': {
        type: 'string',
        array: true,
        default: [],
        describe: 'a setting of the attack: eps=5, z=1.5',
      },
      rule: { type: 'string', describe: 'the aggregation rule (default ctma; docs/aggregation.md)' },
      base: { type: 'string', describe: "ctma's base rule (default geometric-median)" },
      pre: { type: 'string', describe: 'pre-aggregators, comma-separated: nnm, bucketing, clip, arc' },
      rounds: { type: 'number', describe: 'how many rounds' },
      'batch-size': { type: 'number', describe: 'examples a worker uses in a round' },
      'learning-rate': { type: 'number', describe: 'step size' },
      model: { type: 'string', describe: 'mlp, lenet, ..., ./model.json or ./task.ts (docs/backends.md)' },
      data: { type: 'string', describe: 'glyphs (default), mnist, ... (docs/data.md)' },
      'data-dir': { type: 'string', describe: 'where the data set lies; downloaded where absent' },
      committee: { type: 'number', describe: 'members of a committee' },
      seed: { type: 'string', default: '1', describe: 'repeats a run' },
      backend: {
        type: 'string',
        default: 'auto',
        describe: 'auto, tfjs-node-gpu, webgpu, tfjs-node, wasm, cpu',
      },
      transport: {
        choices: ['tcp', 'memory'] as const,
        default: 'tcp' as const,
        describe: 'sockets, or memory for many peers',
      },
      baselines: {
        type: 'boolean',
        default: true,
        describe: 'also run plain mean, with and without the attack',
      },
      dir: { type: 'string', describe: "the run's folder: its event log (default runs/simulate-TIME)" },
      out: { type: 'string', describe: 'write the trained model, .safetensors (synod evaluate reads it)' },
      json: { type: 'boolean', default: false, describe: 'one JSON object on the last line of stdout' },
      verbose: { type: 'boolean', default: false, describe: 'tell what each peer sees' },
    }) as never,
  handler: async (flags) => {
    const { runSimulation } = await import('../simulate/run-simulation.ts');
    await runSimulation(flags);
  },
};
