/**
 * The libp2p hosts of a simulation, all in this process: over sockets, encrypted, as peers on several machines speak; or in
 * memory, where bodies lie in this process once and are not sent. What is agreed is the same.
 */
import type { ExperimentSize } from '../config/experiment-size.ts';
import { experimentId } from '../config/experiment.ts';
import type { PeerKey } from '../crypto/peer-key.ts';
import { topicsOf } from '../driver/transport-network.ts';
import { BodiesOfProcess } from '../network/bodies-of-process.ts';
import { createLibp2pTransport } from '../network/libp2p-transport.ts';
import type { NetworkLogEntry } from '../network/transport-options.ts';
import type { Transport } from '../network/transport.ts';
import { untilMeshed } from '../network/until-meshed.ts';
import type { SimulateSettings } from './simulate-settings.ts';

/** One thread encrypts, sends and receives for all hosts: with more of them, or more to carry, that is what a round takes. */
const MOST_HOSTS_OVER_SOCKETS = 8;
const MOST_BYTES_OVER_SOCKETS = 2 ** 20;

/** A run whose hosts are not all connected by then starts all the same. */
const MESHED_WITHIN_MS = 60_000;
const LOOPBACK = '/ip4/127.0.0.1/tcp/0';

type Wire = 'tcp' | 'memory';

/** What `auto` means for a run of this size. */
export function wireOf({ transport, keys }: SimulateSettings, { contributionBytes }: ExperimentSize): Wire {
  if (transport !== 'auto') return transport;
  const isSmall = keys.length <= MOST_HOSTS_OVER_SOCKETS && contributionBytes <= MOST_BYTES_OVER_SOCKETS;
  return isSmall ? 'tcp' : 'memory';
}

/** One line for people. */
export function wireText(wire: Wire): string {
  return wire === 'tcp'
    ? 'the hosts speak libp2p over TCP on loopback, encrypted'
    : 'the hosts speak libp2p in memory, and a body lies there once for all (--transport tcp: over sockets, encrypted)';
}

/** Started, and gossip goes between all of them. */
export async function startHosts(
  { experiment, keys }: SimulateSettings,
  wire: Wire,
  log: (host: PeerKey, entry: NetworkLogEntry) => void,
  signal: AbortSignal,
): Promise<Transport[]> {
  const id = experimentId(experiment);
  const overMemory = { bodiesOfProcess: new BodiesOfProcess() };
  const hosts = await Promise.all(
    keys.map((key) =>
      createLibp2pTransport({
        privateKeySeed: key.seed,
        experiment: id,
        topics: topicsOf(id),
        transport: wire,
        oneProcess: true,
        listen: wire === 'tcp' ? [LOOPBACK] : [`/memory/${key.id.slice(-8)}`],
        ...(wire === 'memory' && overMemory),
        localNetwork: true,
        log: (entry) => log(key, entry),
      }),
    ),
  );
  await Promise.all(hosts.map((host) => host.start()));
  hosts.forEach((host, i) => {
    host.keepConnected(hosts.slice(0, i).flatMap((other) => other.addresses().slice(0, 1)));
  });
  await untilMeshed(hosts, MESHED_WITHIN_MS, signal);
  return hosts;
}
