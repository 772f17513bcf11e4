/** `synod why`: what a run's history says about a peer, with the statements that convicted it, checked offline. */
import { json, peerDir } from '../cli/common-flags.ts';
import { defineCommand } from '../cli/command.ts';
import { text } from '../cli/flag.ts';

export const why = defineCommand({
  name: 'why',
  summary: 'why a peer was excluded or lost its seat',
  examples: [
    {
      command: 'synod why 12D3KooW... --run alice',
      about: 'what the folder of a peer that took part says of another one',
    },
  ],
  arguments: {
    peer: text({ about: 'a peer id', placeholder: 'PEER', required: true }),
  },
  flags: {
    run: { ...peerDir, about: 'the folder of a peer that took part' },
    json,
  },
  async run({ peer, run, json: asJson }) {
    const { configWithoutModel, openRun } = await import('../history/open-run.ts');
    const { describePeerHistory, findPeerHistory } = await import('../history/why-excluded.ts');
    const { toHex } = await import('../../src/foundation/bytes.ts');
    const { store, experiment } = await openRun(run);
    try {
      const history = await findPeerHistory(store, configWithoutModel(experiment), peer);
      const plain = (_: string, value: unknown) => (value instanceof Uint8Array ? toHex(value) : value);
      process.stdout.write(asJson ? `${JSON.stringify(history, plain)}\n` : describePeerHistory(history));
      if (history.departures.some((d) => d.reason === 'evidence' && !d.valid)) process.exitCode = 1;
    } finally {
      await store.close();
    }
  },
});
