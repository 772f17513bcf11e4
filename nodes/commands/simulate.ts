/** `synod simulate`: a local run of real peers over libp2p, some of them Byzantine, compared with plain averaging. */
import { backend, dashboard, dataDir, json, quiet } from '../cli/common-flags.ts';
import { defineCommand } from '../cli/command.ts';
import { anyText, choice, integer, list, number, text, toggle } from '../cli/flag.ts';
import { attackNames, dataNames, modelNames, preAggregatorNames, ruleNames } from '../cli/name-lists.ts';

/** All of them live in this process. */
const MOST_PEERS = 200;

export const simulate = defineCommand({
  name: 'simulate',
  summary: 'run peers on this machine, some of them attacking',
  examples: [
    { command: 'synod simulate', about: '8 peers of which 2 attack, on drawn digits; no file is needed' },
    { command: 'synod simulate --rule median --byzantine 3 --attack alie', about: 'another rule and attack' },
    {
      command: 'synod simulate --data mnist --data-dir ~/data --out model.safetensors',
      about: 'real data, and the model in the end',
    },
  ],
  arguments: {},
  flags: {
    experiment: text({
      about: 'an experiment file; its roster is replaced by simulated peers',
      placeholder: 'FILE',
    }),
    peers: integer({ about: 'how many peers', least: 1, most: MOST_PEERS, default: 8 }),
    byzantine: integer({ about: 'how many of them attack', placeholder: 'B', least: 0, default: 2 }),
    attack: text({
      about: 'what they send (docs/attacks.md)',
      placeholder: 'NAME',
      default: 'ipm',
      names: attackNames,
    }),
    attackParam: list({
      about: 'a setting of the attack, such as epsilon=5 or z=1.5; may be given several times',
      placeholder: 'KEY=VALUE',
    }),
    rule: text({
      about: 'the aggregation rule (docs/aggregation.md)',
      placeholder: 'RULE',
      defaultText: "the experiment's, else arc + nnm + trimmed-mean",
      names: ruleNames,
    }),
    base: text({
      about: 'the rule that ctma trims around',
      placeholder: 'RULE',
      defaultText: 'median',
      names: ruleNames,
    }),
    pre: anyText({
      about: 'pre-aggregators in order, separated by commas',
      placeholder: 'NAMES',
      names: preAggregatorNames,
    }),
    rounds: integer({ about: 'how many rounds', least: 1, defaultText: 'what suits the data set' }),
    batchSize: integer({ about: 'examples a worker uses in a round', least: 1 }),
    learningRate: number({ about: 'step size', above: 0 }),
    model: text({
      about: 'the model: a kind, ./model.json or ./task.ts (docs/backends.md)',
      placeholder: 'KIND|FILE',
      names: modelNames,
    }),
    data: text({
      about: 'the data set (docs/data.md)',
      placeholder: 'NAME',
      defaultText: 'glyphs, drawn by the program itself',
      names: dataNames,
    }),
    dataDir,
    committee: integer({ about: 'members of a committee', placeholder: 'SIZE', least: 1 }),
    seed: text({ about: 'any text; repeats a run', default: '1' }),
    backend,
    transport: choice(['auto', 'tcp', 'memory'], {
      about: 'sockets, or memory for many peers and large models',
      default: 'auto',
    }),
    baselines: toggle({
      about: 'leave out the runs of plain mean, with and without the attack',
      default: true,
    }),
    dir: text({
      about: "the run's folder: its event log",
      placeholder: 'DIR',
      defaultText: 'runs/simulate-TIME',
    }),
    out: text({
      about: 'write the trained model there, .safetensors (`synod evaluate` reads it)',
      placeholder: 'FILE',
    }),
    dashboard,
    quiet,
    json,
  },
  async run(values) {
    const { runSimulation } = await import('../simulate/run-simulation.ts');
    const { filledByFlags } = await import('../simulate/settings.ts');
    const { withFlags } = await import('../from-flag.ts');
    await withFlags(filledByFlags(values), () => runSimulation(values));
  },
});
