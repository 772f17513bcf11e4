/**
 * What of an address one party is assumed to hold whole: 24 bits of IPv4, 56 of IPv6 (what providers give to one
 * customer). Peers behind a relay share the relay's. Undefined where there is no IP address, as over memory.
 */
import type { Multiaddr } from '@multiformats/multiaddr';
import { isRelayed } from './addresses.ts';

export function addressPrefix(address: Multiaddr): string | undefined {
  const [first] = address.stringTuples();
  const [kind] = address.protoNames();
  const host = first?.[1];
  if (host === undefined) return undefined;
  const relayed = isRelayed(address) ? ' relayed' : '';
  if (kind === 'ip4') return `${host.split('.').slice(0, 3).join('.')}.0/24${relayed}`;
  if (kind === 'ip6') return `${ip6Groups(host).slice(0, 4).join(':').slice(0, -2)}00::/56${relayed}`;
  return undefined;
}

/** The eight groups of an IPv6 address, four hexadecimal digits each. */
function ip6Groups(host: string): string[] {
  const [left = '', right] = (host.split('%')[0] ?? '').split('::');
  const groupsOf = (part: string): string[] => part.split(':').filter((group) => group !== '');
  const head = groupsOf(left);
  const tail = groupsOf(right ?? '');
  const zeros = right === undefined ? 0 : Math.max(0, 8 - head.length - tail.length);
  const groups = [...head, ...new Array<string>(zeros).fill('0'), ...tail];
  return groups.map((group) => group.padStart(4, '0'));
}
