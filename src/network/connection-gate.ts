/**
 * Who may connect: Ed25519 peers that are not banned, within their share of the connections. With another key type a
 * peer id does not contain the key, and gossipsub 14 accepts a forged author for it; our own signatures are Ed25519
 * throughout. And who was dialled must be who answers: libp2p 2.10 does not pass the expected peer to noise, so a dial of
 * X at Y's address would succeed with Y.
 *
 * A connection is refused as early as it can be: by its address prefix before encryption, which is what costs; by its
 * peer after it. Part of the connections is kept for seats.
 */
import type {
  Connection,
  ConnectionGater,
  MultiaddrConnection,
  PeerId as Libp2pPeerId,
} from '@libp2p/interface';
import { addressPrefix } from './address-prefix.ts';
import { peerOf } from './addresses.ts';
import {
  LEAST_CONNECTION_SHARE,
  MAX_CONNECTIONS_PER_PEER,
  MAX_PENDING_INBOUND_PER_PREFIX,
  PREFIX_SHARE_OF_CONNECTIONS,
  STRANGER_SHARE_OF_CONNECTIONS,
} from './limits.ts';
import type { PeerBudget } from './peer-budget.ts';
import type { PeerConduct } from './peer-conduct.ts';
import type { PeerId } from '../crypto/peer-id.ts';
import { WrongPeerError } from './transport-failure.ts';

export interface GateParts {
  readonly conduct: PeerConduct;
  readonly budget: PeerBudget;
  readonly maxConnections: number;
  readonly connections: () => readonly Connection[];
  readonly onRefused: (who: string, why: string) => void;
  /** A stranger wanted more connections than its share. */
  readonly onCrowding: (peer: PeerId) => void;
  /** Someone with our own key reached us or answered us. */
  readonly onOwnKey: (address: string, direction: 'inbound' | 'outbound') => void;
}

export function connectionGate(self: PeerId, parts: GateParts): ConnectionGater {
  const { conduct, budget, onRefused } = parts;
  const pending = new PendingHandshakes();
  const refuse = (who: string, why: string): true => {
    onRefused(who, why);
    return true;
  };
  const refusesPeer = (peer: Libp2pPeerId): boolean => {
    const id = peer.toString();
    if (peer.type !== 'Ed25519') return refuse(id, `its key is ${peer.type}, only Ed25519 is accepted`);
    const ban = conduct.ban(id, Date.now());
    return ban !== undefined && refuse(id, `banned: ${ban.reason}`);
  };
  const lacksRoom = (id: PeerId): boolean => {
    const why = whyNoRoom(id, parts);
    if (why === undefined) return false;
    if (!budget.isSeated(id)) parts.onCrowding(id);
    return refuse(id, why);
  };
  const isOneTooMany = (id: PeerId): boolean =>
    !budget.take(id, 'newcomers', 1) && refuse(id, 'too many new peers from there in a short time');
  const gate =
    (direction: 'inbound' | 'outbound') => (peer: Libp2pPeerId, connection: MultiaddrConnection) => {
      const id = peer.toString();
      const { remoteAddr } = connection;
      pending.delete(connection);
      if (id === self) {
        parts.onOwnKey(remoteAddr.toString(), direction);
        return false; // libp2p itself ends the connection, with an error that explainDial knows
      }
      const expected = direction === 'outbound' ? peerOf(remoteAddr) : undefined;
      if (expected !== undefined && expected !== id) throw new WrongPeerError(expected, id);
      const isNew = !budget.hasMet(id);
      budget.meet(id, remoteAddr);
      if (direction === 'outbound') return refusesPeer(peer);
      const isSeated = budget.isSeated(id);
      if (isSeated) budget.shookHands(remoteAddr);
      const isRefused = refusesPeer(peer) || lacksRoom(id) || (isNew && isOneTooMany(id));
      const prefix = addressPrefix(remoteAddr);
      if (isRefused && !isSeated && prefix !== undefined) budget.wastedHandshake(prefix);
      if (isRefused && isNew) budget.forget(id);
      return isRefused;
    };
  return {
    denyDialPeer: refusesPeer,
    denyInboundConnection: (connection) => {
      const { remoteAddr } = connection;
      const prefix = addressPrefix(remoteAddr);
      if (prefix !== undefined && !pending.add(prefix, connection)) {
        budget.refused('stranger', 'handshakes');
        return refuse(remoteAddr.toString(), 'too many unfinished connections from there');
      }
      if (budget.mayShakeHands(remoteAddr)) return false;
      return refuse(remoteAddr.toString(), 'too many connections from there in a short time');
    },
    denyInboundEncryptedConnection: gate('inbound'),
    denyOutboundEncryptedConnection: gate('outbound'),
  };
}

/** Whether a peer has had its share of the connections. */
function whyNoRoom(peer: PeerId, { budget, connections, maxConnections }: GateParts): string | undefined {
  const open = connections().filter(({ status }) => status === 'open');
  const peers = open.map(({ remotePeer }) => remotePeer.toString());
  if (peers.filter((other) => other === peer).length >= MAX_CONNECTIONS_PER_PEER) {
    return `has ${MAX_CONNECTIONS_PER_PEER} connections already`;
  }
  if (budget.isSeated(peer)) return undefined;
  const strangers = peers.filter((other) => !budget.isSeated(other));
  if (strangers.length >= shareOf(maxConnections, STRANGER_SHARE_OF_CONNECTIONS)) {
    return 'the connections for peers without a seat are taken';
  }
  const prefix = budget.prefixOf(peer);
  const neighbours = strangers.filter((other) => budget.prefixOf(other) === prefix);
  if (prefix !== undefined && neighbours.length >= shareOf(maxConnections, PREFIX_SHARE_OF_CONNECTIONS)) {
    return `the connections for peers without a seat at ${prefix} are taken`;
  }
  return undefined;
}

function shareOf(maxConnections: number, share: number): number {
  return Math.max(LEAST_CONNECTION_SHARE, Math.floor(maxConnections * share));
}

/** Inbound connections whose peer is not known yet, by address prefix. */
class PendingHandshakes {
  private readonly byPrefix = new Map<string, Set<MultiaddrConnection['timeline']>>();

  /** False where the prefix has its share. The timeline is one object through all stages of a connection. */
  add(prefix: string, { timeline }: MultiaddrConnection): boolean {
    for (const [at, timelines] of this.byPrefix) {
      for (const other of timelines) if (other.close !== undefined) timelines.delete(other);
      if (timelines.size === 0) this.byPrefix.delete(at);
    }
    const open = this.byPrefix.get(prefix) ?? new Set();
    if (open.size >= MAX_PENDING_INBOUND_PER_PREFIX) return false;
    open.add(timeline);
    this.byPrefix.set(prefix, open);
    return true;
  }

  delete({ timeline, remoteAddr }: MultiaddrConnection): void {
    const prefix = addressPrefix(remoteAddr);
    const open = prefix === undefined ? undefined : this.byPrefix.get(prefix);
    if (prefix === undefined || open === undefined) return;
    open.delete(timeline);
    if (open.size === 0) this.byPrefix.delete(prefix);
  }
}
