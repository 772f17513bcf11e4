/** `synod why`: what a run says about a peer: why it was excluded, or is silent, slow or cut. */
import { json, peerDir } from '../cli/common-flags.ts';
import { defineCommand } from '../cli/command.ts';
import { text } from '../cli/flag.ts';

export const why = defineCommand({
  name: 'why',
  summary: 'why a peer was excluded or lost its seat, is silent, slow or cut',
  details: 'Convictions are checked from the statements in the ledger; the rest is told from the event log.',
  examples: [
    {
      command: 'synod why 12D3KooW... --run alice',
      about: 'what the folder of a peer that took part says of another one',
    },
    {
      command: 'synod why Ab3x --run runs/simulate-1',
      about: 'a peer of a simulation, by the end of its id',
    },
  ],
  arguments: {
    peer: text({ about: 'a peer id, or the end of one', placeholder: 'PEER', required: true }),
  },
  flags: {
    run: { ...peerDir, about: 'the folder of a peer that took part, or of a simulation' },
    json,
  },
  async run({ peer, run, json: asJson }) {
    const { whyPeer } = await import('../history/why-peer.ts');
    await whyPeer(peer, run, asJson);
  },
});
