/** `synod peer`: one peer of an experiment, as a process of its own. */
import { backend, dashboard, dataDir, json, peerDir, quiet } from '../cli/common-flags.ts';
import { defineCommand } from '../cli/command.ts';
import { list, number, readWith, text, toggle } from '../cli/flag.ts';
import { parseKeepLimit } from '../../src/run/keep-limit.ts';
import { DEFAULT_KEEP } from '../../src/run/open-peer.ts';
import { attackNames } from '../cli/name-lists.ts';

export const peer = defineCommand({
  name: 'peer',
  summary: 'run one peer of an experiment',
  details: 'docs/operations.md tells how to run it, docs/testnet.md how to run many.',
  examples: [
    {
      command: 'synod peer --experiment experiment.yaml --dir alice --listen /ip4/0.0.0.0/tcp/4001',
      about: 'the first peer, at a port that others know',
    },
    {
      command:
        'synod peer --experiment experiment.yaml --dir bob --bootstrap /ip4/192.0.2.1/tcp/4001/p2p/12D3KooW...',
      about: 'another one, which begins at the first',
    },
  ],
  outlivesTerminal: true,
  arguments: {},
  flags: {
    experiment: text({
      about: 'the experiment file that all peers share',
      placeholder: 'FILE',
      required: true,
    }),
    dir: peerDir,
    listen: list({
      about:
        'addresses to listen on: TCP of this machine, port 0 takes a free one; may be given several times',
      placeholder: 'MULTIADDR',
      default: ['/ip4/0.0.0.0/tcp/0'],
    }),
    announce: list({
      about: 'addresses under which others reach this peer, where they differ; may be given several times',
      placeholder: 'MULTIADDR',
    }),
    bootstrap: list({
      about: 'addresses of peers to begin with, ending in /p2p/ and their id; may be given several times',
      placeholder: 'MULTIADDR',
    }),
    dataDir,
    backend,
    localNetwork: toggle({
      about: 'all peers are on one machine or trusted network: private addresses are dialled',
    }),
    mdns: toggle({ about: 'find peers on the local network' }),
    upnp: toggle({ about: 'ask the router for a port' }),
    relay: toggle({ about: 'be reached through a connected peer that runs with --relay-server' }),
    relayServer: toggle({
      about: 'serve as a relay for peers that nobody can dial; needs a public address',
    }),
    keepContributions: toggle({
      about: 'keep contributions too, as long as --keep allows, for `synod verify-run --recompute`',
    }),
    keep: readWith(parseKeepLimit, {
      about:
        'what stays of updates and contributions: the newest "1000 rounds", the newest 20GB, or all; certificates always do (docs/storage.md)',
      placeholder: 'ROUNDS|SIZE|all',
      default: DEFAULT_KEEP,
      defaultText: '10GB',
    }),
    resync: toggle({ about: 'set a damaged ledger aside and fetch everything again' }),
    attack: text({
      about: 'send this instead of the gradient, to test others (docs/attacks.md)',
      placeholder: 'NAME',
      names: attackNames,
    }),
    collude: list({
      about:
        'id of another peer that runs with the same --attack and names this one: they forge as one; may be given several times',
      placeholder: 'PEER',
    }),
    trust: text({
      about:
        'a state that the history must contain, as another peer or `synod verify-run` prints it (docs/attacks.md)',
      placeholder: 'ROUND:DIGEST',
    }),
    metrics: text({
      about: 'serve metrics on PORT of this machine, or on HOST:PORT (docs/operations.md)',
      placeholder: '[HOST:]PORT',
    }),
    name: text({
      about: "what stands before this peer's lines on the terminal, in place of the end of its id",
      placeholder: 'NAME',
    }),
    evaluateEvery: number({
      about: 'least seconds between two looks at the test set while the run goes on; 0 for none',
      placeholder: 'SECONDS',
      least: 0,
      most: 1_000_000,
      default: 30,
    }),
    linger: number({
      about: 'seconds to go on serving others after the last round',
      placeholder: 'SECONDS',
      least: 0,
      most: 1_000_000,
      default: 5,
    }),
    leaveOnExit: toggle({
      about: 'the first Ctrl-C gives the seat up and waits until that counts; the second ends the peer',
    }),
    dashboard,
    quiet,
    json,
  },
  async run(values) {
    const { runPeer } = await import('../peer/run-peer.ts');
    await runPeer(values);
  },
});
