/**
 * Multiaddrs as Synod uses them: TCP over IP or DNS, memory, and relayed; and which of them may be dialled on a
 * stranger's word. Private and loopback addresses from strangers would let them aim us at the operator's own network.
 */
import { BlockList, isIPv4, isIPv6 } from 'node:net';
import { multiaddr, type Multiaddr } from '@multiformats/multiaddr';
import { MAX_ADDRESS_CHARS } from './limits.ts';
import type { PeerId } from '../crypto/peer-id.ts';

function tryAddress(text: string): Multiaddr | undefined {
  if (text.length > MAX_ADDRESS_CHARS) return undefined;
  try {
    return multiaddr(text);
  } catch {
    return undefined;
  }
}

/** The peer id at the end of an address, or undefined. */
export function peerOf(address: Multiaddr): PeerId | undefined {
  return address.getPeerId() ?? undefined;
}

/** The address without the peer id at its end. */
export function withoutPeer(address: Multiaddr): Multiaddr {
  const peer = peerOf(address);
  return peer === undefined ? address : address.decapsulate(`/p2p/${peer}`);
}

/** The address with the peer id at its end. */
export function withPeer(address: string, peer: PeerId): string {
  return address.endsWith(`/p2p/${peer}`) ? address : `${address}/p2p/${peer}`;
}

export function isRelayed(address: Multiaddr): boolean {
  return address.protoNames().includes('p2p-circuit');
}

/** A stranger's address for a peer: dialable kinds only, ending in that peer's Ed25519 id. */
export function parseLearnedAddress(
  text: string,
  allowPrivate: boolean,
): { readonly peer: PeerId; readonly address: Multiaddr } | undefined {
  const address = tryAddress(text);
  if (address === undefined) return undefined;
  const peer = peerOf(address);
  if (peer === undefined || !isEd25519(peer) || !isDialable(address, allowPrivate)) return undefined;
  return { peer, address };
}

/** Ed25519 peer ids carry the key itself: an identity multihash of 36 bytes, `12D3KooW...` in base58. */
export function isEd25519(peer: PeerId): boolean {
  return /^12D3KooW[1-9A-HJ-NP-Za-km-z]{44}$/.test(peer);
}

function isDialable(address: Multiaddr, allowPrivate: boolean): boolean {
  const [first, second] = address.stringTuples().map(([code, value]) => ({ code, value: value ?? '' }));
  const names = address.protoNames();
  if (first === undefined) return false;
  if (names[0] === 'memory') return allowPrivate;
  if (names[1] !== 'tcp' || second?.value === '0') return false;
  if (names[0] === 'ip4') return allowPrivate ? first.value !== '0.0.0.0' : isPublicIPv4(first.value);
  if (names[0] === 'ip6') return allowPrivate ? first.value !== '::' : isPublicIPv6(first.value);
  return names[0]?.startsWith('dns') === true && first.value.length > 0;
}

/** IANA's special-purpose blocks (RFC 6890) and what embeds an IPv4 address: 6to4, Teredo, NAT64. */
const SPECIAL = new BlockList();
for (const [network, bits] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 3],
] as const)
  SPECIAL.addSubnet(network, bits, 'ipv4');
for (const [network, bits] of [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
] as const)
  SPECIAL.addSubnet(network, bits, 'ipv6');

const GLOBAL_UNICAST = new BlockList();
GLOBAL_UNICAST.addSubnet('2000::', 3, 'ipv6');

export function isPublicIPv4(text: string): boolean {
  return isIPv4(text) && !SPECIAL.check(text, 'ipv4');
}

export function isPublicIPv6(text: string): boolean {
  return isIPv6(text) && GLOBAL_UNICAST.check(text, 'ipv6') && !SPECIAL.check(text, 'ipv6');
}
