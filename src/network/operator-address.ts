/**
 * Addresses that an operator writes. Each is checked when it is read, with the reason where it cannot serve: what is
 * wrong with an address otherwise shows minutes later, in a library's words, or never.
 */
import { BlockList, isIPv4, isIPv6 } from 'node:net';
import { multiaddr, type Multiaddr } from '@multiformats/multiaddr';
import { peerIdFault, type PeerId } from '../crypto/peer-id.ts';
import { invalidField } from '../foundation/operator-error.ts';
import { MAX_ADDRESS_CHARS } from './limits.ts';

/** `listen`: of this machine; `announce`: where others reach this peer; `bootstrap`: of another peer. */
export type AddressUse = 'listen' | 'announce' | 'bootstrap';

const EXAMPLE = '/ip4/192.0.2.1/tcp/4001/p2p/12D3KooW...';
const NAMES = ['dns', 'dns4', 'dns6'];

/** What is spoken elsewhere in place of, or on top of, TCP; of an address that names several, the first here is told. */
const OTHER_TRANSPORTS: ReadonlyMap<string, string> = new Map([
  ['webtransport', 'WebTransport'],
  ['webrtc-direct', 'WebRTC'],
  ['webrtc', 'WebRTC'],
  ['quic-v1', 'QUIC'],
  ['quic', 'QUIC'],
  ['wss', 'WebSocket'],
  ['ws', 'WebSocket'],
  ['http', 'HTTP'],
  ['tls', 'TLS'],
  ['sni', 'TLS'],
  ['onion3', 'Tor'],
  ['onion', 'Tor'],
  ['garlic64', 'I2P'],
  ['utp', 'uTP'],
  ['sctp', 'SCTP'],
  ['unix', 'a Unix socket'],
  ['udp', 'UDP'],
]);

/** Throws an OperatorError that names the field. `self` is the peer's own id, where it is known. */
export function parseOperatorAddress(text: string, field: string, use: AddressUse, self?: PeerId): Multiaddr {
  const fault = faultOf(text, use, self);
  if (fault !== undefined) throw invalidField(field, fault, text);
  try {
    return multiaddr(text);
  } catch {
    throw invalidField(field, `be a multiaddr such as ${EXAMPLE}`, text);
  }
}

/** The rule that the address breaks, as it follows "must"; what remains is the library's syntax. */
function faultOf(text: string, use: AddressUse, self: PeerId | undefined): string | undefined {
  if (!text.startsWith('/') || text.length > MAX_ADDRESS_CHARS) return `be a multiaddr such as ${EXAMPLE}`;
  const [family = '', host = '', ...rest] = text.slice(1).replace(/\/$/, '').split('/');
  const [, other] = [...OTHER_TRANSPORTS].find(([part]) => [family, ...rest].includes(part)) ?? [];
  if (other !== undefined) return `be a TCP address, such as ${EXAMPLE}: only TCP is spoken, not ${other}`;
  if (family === 'memory') return undefined;
  if (family === 'p2p' || family === 'ipfs') return `say where the peer is, such as ${EXAMPLE}`;
  if (family === 'dnsaddr') {
    if (use !== 'bootstrap')
      return 'be an address: /dnsaddr only leads to those of other peers, as --bootstrap';
    return host === '' ? 'name a host after /dnsaddr' : idsFault(rest, use, self);
  }
  const hostFault = faultOfHost(family, host, use);
  if (hostFault !== undefined) return hostFault;
  const [transport, port, ...after] = rest;
  if (transport !== 'tcp') return `name a TCP port, as in /${family}/${host}/tcp/4001`;
  if (port === undefined || !/^\d{1,5}$/.test(port) || Number(port) > 65_535)
    return 'name a port from 0 to 65535 after /tcp';
  if (Number(port) === 0 && use !== 'listen')
    return 'name a port that can be dialled: port 0 is only for --listen';
  return idsFault(after, use, self);
}

function faultOfHost(family: string, host: string, use: AddressUse): string | undefined {
  if (NAMES.includes(family)) {
    if (use === 'listen') return 'be an IP address of this machine: a name cannot be listened on';
    return /^[\w-]{1,63}(\.[\w-]{1,63})*\.?$/.test(host) ? undefined : `name a host after /${family}`;
  }
  if (family !== 'ip4' && family !== 'ip6') return `be a multiaddr such as ${EXAMPLE}`;
  if (family === 'ip4' ? !isIPv4(host) : !isIPv6(host)) {
    return `hold an IPv${family.slice(2)} address after /${family}`;
  }
  if (use !== 'listen' && UNREACHABLE.check(host, `ipv${family.slice(2)}` as 'ipv4' | 'ipv6')) {
    return `name a machine that others can dial: ${host} stands for any machine, for a group of them, or needs a zone`;
  }
  return undefined;
}

/** Wildcards, multicast and broadcast, and link-local IPv6, which means another network on every machine. */
const UNREACHABLE = new BlockList();
UNREACHABLE.addSubnet('0.0.0.0', 8, 'ipv4');
UNREACHABLE.addSubnet('224.0.0.0', 3, 'ipv4');
UNREACHABLE.addSubnet('::ffff:0.0.0.0', 104, 'ipv6');
UNREACHABLE.addSubnet('::ffff:224.0.0.0', 99, 'ipv6');
UNREACHABLE.addAddress('::', 'ipv6');
UNREACHABLE.addSubnet('ff00::', 8, 'ipv6');
UNREACHABLE.addSubnet('fe80::', 10, 'ipv6');

/** What follows the port: nothing, `/p2p/ID`, or `/p2p/RELAY/p2p-circuit[/p2p/ID]`. */
function idsFault(parts: readonly string[], use: AddressUse, self: PeerId | undefined): string | undefined {
  const relay = parts.indexOf('p2p-circuit');
  if (relay >= 0 && use === 'listen') return 'be an IP address and a port: relays are reached with --relay';
  if (relay === 0) return 'name the relay before /p2p-circuit, as /p2p/12D3KooW...';
  const groups = relay < 0 ? [parts] : [parts.slice(0, relay), parts.slice(relay + 1)];
  for (const group of groups) {
    if (group.length === 0) continue;
    const [protocol, id, ...more] = group;
    if (protocol !== 'p2p' && protocol !== 'ipfs')
      return `end with the port, or with /p2p/ and a peer id: /${protocol} means nothing here`;
    if (id === undefined || id === '') return 'name a peer id after /p2p';
    const fault = peerIdFault(id);
    if (fault !== undefined) return `end in an Ed25519 peer id, 12D3KooW...: ${fault}`;
    if (more.length > 0) return 'name one peer only, once';
  }
  const named = groups.at(-1)?.[1];
  const isOwn = use !== 'bootstrap' && !(relay >= 0 && groups.at(-1)?.length === 0);
  if (isOwn && named !== undefined && self !== undefined && named !== self) {
    return `name this peer, ${self}, or no peer: another one's id stands there`;
  }
  return undefined;
}
