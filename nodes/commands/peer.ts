/** `synod peer`: one peer of an experiment, as a process of its own. */
import type { CommandModule } from 'yargs';
import type { PeerFlags } from '../peer/run-peer.ts';

export const peer: CommandModule<object, PeerFlags> = {
  command: 'peer',
  describe: 'run one peer of an experiment',
  builder: (yargs) =>
    yargs.options({
      experiment: {
        type: 'string',
        demandOption: true,
        describe: 'the experiment file that all peers share',
      },
      dir: {
        type: 'string',
        default: 'synod-peer',
        describe: "the peer's folder: key, ledger, log (see synod init)",
      },
      listen: {
        type: 'string',
        array: true,
        default: ['/ip4/0.0.0.0/tcp/0'],
        describe: 'multiaddrs to listen on',
      },
      announce: {
        type: 'string',
        array: true,
        default: [],
        describe: 'multiaddrs under which others reach this peer',
      },
      bootstrap: { type: 'string', array: true, default: [], describe: 'addresses of peers to begin with' },
      'data-dir': { type: 'string', describe: 'where the data set lies; downloaded where absent' },
      backend: {
        type: 'string',
        default: 'auto',
        describe: 'auto, tfjs-node-gpu, webgpu, tfjs-node, wasm, cpu',
      },
      'local-network': {
        type: 'boolean',
        default: false,
        describe: 'all peers on one machine or trusted network',
      },
      mdns: { type: 'boolean', default: false, describe: 'find peers on the local network' },
      upnp: { type: 'boolean', default: false, describe: 'ask the router for a port' },
      relay: { type: 'boolean', default: false, describe: 'reach peers through relays' },
      'keep-contributions': {
        type: 'boolean',
        default: false,
        describe: 'keep all contributions, for synod verify-run --recompute',
      },
      resync: {
        type: 'boolean',
        default: false,
        describe: 'set a damaged ledger aside and fetch everything again',
      },
      attack: {
        type: 'string',
        describe: 'send this instead of the gradient, to test others (docs/attacks.md)',
      },
      metrics: {
        type: 'string',
        describe: 'serve metrics on PORT of this machine, or on HOST:PORT (docs/operations.md)',
      },
      linger: {
        type: 'number',
        default: 5,
        describe: 'seconds to go on serving others after the last round',
      },
      json: { type: 'boolean', default: false, describe: 'one JSON object on the last line of stdout' },
      verbose: { type: 'boolean', default: false, describe: 'tell what this peer sees' },
    }) as never,
  handler: async (flags) => {
    const { runPeer } = await import('../peer/run-peer.ts');
    await runPeer(flags);
  },
};
