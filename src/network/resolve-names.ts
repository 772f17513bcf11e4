/** Host names of configured addresses, asked for once at the start: a name that does not resolve is told at once. */
import { Resolver, lookup } from 'node:dns/promises';
import type { Multiaddr } from '@multiformats/multiaddr';

const RESOLVE_MS = 2_000;

/** Of each address whose name does not resolve one sentence. */
export async function unresolvedNames(addresses: readonly Multiaddr[]): Promise<string[]> {
  const faults = await Promise.all(addresses.map(faultOf));
  return faults.filter((fault) => fault !== undefined);
}

async function faultOf(address: Multiaddr): Promise<string | undefined> {
  const [family = '', host = ''] = address.toString().split('/').slice(1, 3);
  if (!family.startsWith('dns')) return undefined;
  try {
    if (family === 'dnsaddr') {
      // one try within the time: the default waits four times as long as a dial
      await new Resolver({ timeout: RESOLVE_MS, tries: 1 }).resolveTxt(`_dnsaddr.${host}`);
    } else await lookup(host, { family: family === 'dns4' ? 4 : family === 'dns6' ? 6 : 0 });
    return undefined;
  } catch {
    const what =
      family === 'dnsaddr'
        ? `no TXT record of _dnsaddr.${host} was found`
        : `the host name ${host} does not resolve`;
    return `${address.toString()}: ${what}`;
  }
}
