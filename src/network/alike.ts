/**
 * Stands in for identify among hosts of one process: they run the same code in the same experiment, so each knows what
 * every other would say of itself, and no two streams and two signed records of each connection are spent on asking.
 */
import { serviceCapabilities } from '@libp2p/interface';
import type { Connection, IdentifyResult } from '@libp2p/interface';
import type { Libp2pOptions } from 'libp2p';

type Components = Parameters<NonNullable<Libp2pOptions['services']>[string]>[0];

/** A service of a node: who connects is known as one that speaks our protocols, and listens where it was dialled. */
export function identifyAsAlike({ events, registrar }: Components): object {
  const known = (connection: Connection): void => {
    if (connection.status !== 'open') return;
    const { remotePeer: peerId, direction, remoteAddr } = connection;
    const listenAddrs = direction === 'outbound' ? [remoteAddr] : [];
    const detail: IdentifyResult = { peerId, connection, listenAddrs, protocols: registrar.getProtocols() };
    events.safeDispatchEvent('peer:identify', { detail });
  };
  // later, as identify would: by then the connection is among its node's connections
  events.addEventListener('connection:open', ({ detail }) => setImmediate(() => known(detail)));
  return { [serviceCapabilities]: ['@libp2p/identify'] }; // gossipsub asks for a node that has it
}
