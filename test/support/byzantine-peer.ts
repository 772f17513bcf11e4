/**
 * A real Byzantine peer, as a process of its own: `synod peer` with an adversary around its network, who has the
 * peer's key. `byzantine-peer.ts --behave equivocate-votes,censor ...` takes the flags of `synod peer` besides.
 */
import '../../src/foundation/polyfill.ts';
import { peer } from '../../nodes/commands/peer.ts';
import { defineCommand } from '../../nodes/cli/command.ts';
import { text } from '../../nodes/cli/flag.ts';
import { runCommand } from '../../nodes/cli/program.ts';
import { runPeer } from '../../nodes/peer/run-peer.ts';
import type { WrapNetwork } from '../../src/run/start-peer.ts';
import { BEHAVIOURS, type Behaviour } from '../../simulations/behaviours.ts';
import { corruptPort } from '../../simulations/byzantine-port.ts';
import { SeededRandom } from '../../src/foundation/seeded-random.ts';
import { MessageCodec } from '../../src/messages/message-codec.ts';

function byzantine(kinds: readonly Behaviour[]): WrapNetwork {
  return (port, config, key) => {
    const numberOf = (id: string): number => config.genesis.peers.indexOf(id);
    return corruptPort(
      port,
      {
        self: key.id,
        config,
        codec: new MessageCodec(config),
        keys: key,
        random: new SeededRandom(1, 'byzantine', key.id),
        later: (delayMs, run) => void setTimeout(run, delayMs).unref(),
        tell(channel, bytes, isChosen) {
          if (isChosen === undefined) return port.publish(channel, bytes);
          // gossip passes everything on, so whoever tells different things to different peers tells them directly
          for (const to of port.reachable()) if (isChosen(numberOf(to))) port.send(to, bytes);
        },
        forgeBody: (own, kind) =>
          kind === 'not-finite'
            ? new Uint8Array(own.length).fill(0xff)
            : own.map((byte, i) => (i === own.length - 1 ? byte ^ 1 : byte)),
      },
      kinds,
    );
  };
}

const byzantinePeer = defineCommand({
  ...peer,
  flags: { ...peer.flags, behave: text({ about: 'behaviours, separated by commas', required: true }) },
  async run({ behave, ...flags }) {
    const names = behave.split(',');
    const kinds = BEHAVIOURS.filter((kind) => names.includes(kind));
    if (kinds.length !== names.length) throw new Error(`unknown behaviour in ${names.join()}`);
    await runPeer(flags, byzantine(kinds));
  },
});

// the first word is the command's name
await runCommand(byzantinePeer, process.argv.slice(3));
