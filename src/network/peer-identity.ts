/** What the identify protocol tells of a peer that has just connected: one of ours, a relay, or of no use to us. */
import { RELAY_V2_HOP_CODEC } from '@libp2p/circuit-relay-v2';
import type { IdentifyResult } from '@libp2p/interface';
import { withPeer } from './addresses.ts';
import { versionIn } from './agent-string.ts';
import { PEERS_PROTOCOL } from './peer-exchange.ts';

export type PeerIdentity =
  | { readonly kind: 'member'; readonly addresses: readonly string[] }
  | { readonly kind: 'relay' }
  | { readonly kind: 'stranger'; readonly why: string };

export interface OwnIdentity {
  readonly experiment: string;
  readonly protocolVersion: number;
}

export function identifyPeer(
  result: Pick<IdentifyResult, 'peerId' | 'protocols' | 'listenAddrs' | 'agentVersion'>,
  { experiment, protocolVersion }: OwnIdentity,
): PeerIdentity {
  const peer = result.peerId.toString();
  const version = versionIn(result.agentVersion);
  if (version !== undefined && version !== protocolVersion)
    return { kind: 'stranger', why: otherVersion(version, protocolVersion) };
  if (result.protocols.includes(`/synod/${experiment}/${PEERS_PROTOCOL}`))
    return {
      kind: 'member',
      addresses: result.listenAddrs.map((address) => withPeer(address.toString(), peer)),
    };
  if (result.protocols.includes(RELAY_V2_HOP_CODEC)) return { kind: 'relay' };
  for (const protocol of result.protocols) {
    const other = /^\/synod\/([^/]+)\//.exec(protocol)?.[1];
    if (other !== undefined)
      return {
        kind: 'stranger',
        why: `the peer there runs another experiment, ${other}; ours is ${experiment}`,
      };
  }
  return { kind: 'stranger', why: 'the peer there speaks libp2p but is no Synod peer' };
}

function otherVersion(theirs: number, ours: number): string {
  const older = theirs < ours ? 'there' : 'here';
  return (
    `the peer there speaks version ${theirs} of Synod's protocol, this one version ${ours}: ` +
    `peers of one run need releases of one version, so update Synod ${older}`
  );
}
