/** `synod why`: what a run's history says about a peer, with the statements that convicted it, checked offline. */
import type { CommandModule } from 'yargs';

interface WhyArguments {
  readonly peer: string;
  readonly run: string;
  readonly json: boolean;
}

export const why: CommandModule<object, WhyArguments> = {
  command: 'why <peer>',
  describe: 'why a peer was excluded or lost its seat',
  builder: (yargs) =>
    yargs
      .positional('peer', { type: 'string', demandOption: true, describe: 'a peer id' })
      .option('run', {
        type: 'string',
        default: 'synod-peer',
        describe: 'the folder of a peer that took part',
      })
      .option('json', { type: 'boolean', default: false, describe: 'print one JSON object' }),
  handler: async ({ peer, run, json }) => {
    const { configWithoutModel, openRun } = await import('../history/open-run.ts');
    const { describePeerHistory, findPeerHistory } = await import('../history/why-excluded.ts');
    const { toHex } = await import('../../src/foundation/bytes.ts');
    const { store, experiment } = await openRun(run);
    try {
      const history = await findPeerHistory(store, configWithoutModel(experiment), peer);
      const plain = (_: string, value: unknown) => (value instanceof Uint8Array ? toHex(value) : value);
      process.stdout.write(json ? `${JSON.stringify(history, plain)}\n` : describePeerHistory(history));
      if (history.departures.some((d) => d.reason === 'evidence' && !d.valid)) process.exitCode = 1;
    } finally {
      await store.close();
    }
  },
};
