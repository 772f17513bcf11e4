/** Starts a peer's transport from its flags, and says where it listens and whether others can dial it. */
import { experimentId, type Experiment } from '../../src/config/experiment.ts';
import type { PeerKey } from '../../src/crypto/peer-key.ts';
import { parseLearnedAddress } from '../../src/network/addresses.ts';
import { createLibp2pTransport } from '../../src/network/libp2p-transport.ts';
import type { Transport } from '../../src/network/transport.ts';
import { topicsOf } from '../../src/driver/transport-network.ts';
import type { RunLog } from '../../src/telemetry/run-log.ts';
import { TWIN_WAIT_MS, type TwinAlarm } from '../../src/run/twin-alarm.ts';

export interface NetworkFlags {
  readonly listen: readonly string[];
  readonly announce: readonly string[];
  readonly bootstrap: readonly string[];
  readonly localNetwork: boolean;
  readonly mdns: boolean;
  readonly upnp: boolean;
  readonly relay: boolean;
  readonly relayServer: boolean;
}

/** Throws an OperatorError where another process runs with the key already. */
export async function openNetwork(
  flags: NetworkFlags,
  experiment: Experiment,
  key: PeerKey,
  log: RunLog,
  twins: TwinAlarm,
): Promise<Transport> {
  const id = experimentId(experiment);
  const transport = await createLibp2pTransport({
    privateKeySeed: key.seed,
    experiment: id,
    topics: topicsOf(id),
    listen: flags.listen,
    announce: flags.announce,
    bootstrap: flags.bootstrap,
    localNetwork: flags.localNetwork,
    mdns: flags.mdns,
    upnp: flags.upnp,
    relayClient: flags.relay,
    relayServer: flags.relayServer,
    onTwin: (twin) => twins.saw(twin),
    log: ({ level, message }) => log[level](message),
  });
  await transport.start();
  log.info('listening', { peer: key.id, experiment: id, addresses: transport.addresses() });
  if (!canBeDialled(flags, transport)) {
    log.warn(
      'no public address: only peers that name this one as --bootstrap will dial it, and none can from outside a NAT;' +
        ' forward a port and --announce it, or try --upnp, or bootstrap from a third peer that is public;' +
        ' where all peers are on one machine or trusted network, start all of them with --local-network',
    );
  }
  await transport.lookForTwin(TWIN_WAIT_MS);
  try {
    twins.check();
  } catch (error) {
    await transport.stop();
    throw error;
  }
  return transport;
}

/** Whether others will dial what they learn of this peer's addresses. */
function canBeDialled(flags: NetworkFlags, transport: Transport): boolean {
  if (flags.localNetwork || flags.upnp) return true;
  return transport.addresses().some((address) => parseLearnedAddress(address, false) !== undefined);
}
