/**
 * Who may connect: Ed25519 peers that are not banned. With another key type a peer id does not contain the key, and
 * gossipsub 14 accepts a forged author for it; our own signatures are Ed25519 throughout. And who was dialled must be who
 * answers: libp2p 2.10 does not pass the expected peer to noise, so a dial of X at Y's address would succeed with Y.
 */
import type { ConnectionGater, MultiaddrConnection, PeerId as Libp2pPeerId } from '@libp2p/interface';
import { peerOf } from './addresses.ts';
import type { PeerConduct } from './peer-conduct.ts';
import type { PeerId } from '../crypto/peer-id.ts';
import { WrongPeerError } from './transport-failure.ts';

export interface GateEvents {
  readonly onRefused: (peer: PeerId, why: string) => void;
  /** Someone with our own key reached us or answered us. */
  readonly onOwnKey: (address: string, direction: 'inbound' | 'outbound') => void;
}

export function connectionGate(self: PeerId, conduct: PeerConduct, events: GateEvents): ConnectionGater {
  const refuse = (peer: Libp2pPeerId): boolean => {
    const id = peer.toString();
    if (peer.type !== 'Ed25519') {
      events.onRefused(id, `its key is ${peer.type}, only Ed25519 is accepted`);
      return true;
    }
    const ban = conduct.ban(id, Date.now());
    if (ban !== undefined) events.onRefused(id, `banned: ${ban.reason}`);
    return ban !== undefined;
  };
  const gate =
    (direction: 'inbound' | 'outbound') => (peer: Libp2pPeerId, connection: MultiaddrConnection) => {
      if (peer.toString() === self) {
        events.onOwnKey(connection.remoteAddr.toString(), direction);
        return false; // libp2p itself ends the connection, with an error that explainDial knows
      }
      const expected = direction === 'outbound' ? peerOf(connection.remoteAddr) : undefined;
      if (expected !== undefined && expected !== peer.toString())
        throw new WrongPeerError(expected, peer.toString());
      return refuse(peer);
    };
  return {
    denyDialPeer: refuse,
    denyInboundEncryptedConnection: gate('inbound'),
    denyOutboundEncryptedConnection: gate('outbound'),
  };
}
