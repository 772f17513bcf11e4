/** Makes the Transport over libp2p: the records of peers, a node that asks them at its gate, and the facade over both. */
import { connectionGate } from './connection-gate.ts';
import { Libp2pTransport } from './libp2p-facade.ts';
import { createNode } from './libp2p-node.ts';
import { NetworkHost } from './network-host.ts';
import { Offences } from './offences.ts';
import { PeerBudget } from './peer-budget.ts';
import { PeerConduct } from './peer-conduct.ts';
import type { Transport } from './transport.ts';
import { resolveOptions } from './transport-options.ts';
import type { Libp2pTransportOptions } from './transport-options.ts';
import { WireTraffic } from './wire-traffic.ts';

/** Builds a transport; nothing listens or dials before `start()`. Throws an OperatorError for an invalid option. */
export async function createLibp2pTransport(options: Libp2pTransportOptions): Promise<Transport> {
  const resolved = resolveOptions(options);
  const log: NetworkHost['log'] = (level, message) => resolved.log({ level, message });
  const budget = new PeerBudget();
  const traffic = new WireTraffic(budget);
  const late: { transport?: Libp2pTransport } = {};
  const conduct = new PeerConduct({
    onBan: (peer, reason, untilMs) => late.transport?.onBan(peer, reason, untilMs),
    onPrefixBan: (prefix, reason, untilMs) => late.transport?.onPrefixBan(prefix, reason, untilMs),
    strangerPrefix: (peer) => (budget.isSeated(peer) ? undefined : budget.prefixOf(peer)),
  });
  const offences = new Offences(conduct, budget);
  const node = await createNode(resolved, {
    gate: (self) =>
      connectionGate(self, {
        conduct,
        budget,
        maxConnections: resolved.maxConnections,
        connections: () => late.transport?.connections() ?? [],
        onRefused: (peer, why) => log('debug', `refused ${peer}: ${why}`),
        onCrowding: (peer) => offences.crowding(peer),
        onOwnKey: (address, direction) => late.transport?.neighbours.sawOwnKey(address, direction),
      }),
    metrics: traffic.metrics,
    appScore: (peer) => conduct.score(peer, Date.now()),
    onMdns: (peer) => late.transport?.neighbours.found(peer.id.toString(), peer.multiaddrs.map(String)),
  });
  late.transport = new Libp2pTransport(
    resolved,
    new NetworkHost(node, resolved.experiment, resolved.times, log),
    { conduct, offences, budget, traffic },
  );
  return late.transport;
}
