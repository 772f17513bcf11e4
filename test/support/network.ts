/** Real libp2p transports for tests: deterministic keys, loopback or memory, and one call that stops them all. */
import { createHash } from 'node:crypto';
import { createLibp2pTransport } from '../../src/network/libp2p-transport.ts';
import type { Verdict } from '../../src/messages/message.ts';
import type { GossipMessage, Transport } from '../../src/network/transport.ts';
import type { Libp2pTransportOptions, NetworkLogEntry } from '../../src/network/transport-options.ts';

export const TOPIC = 'synod/test/votes';
export const OTHER_TOPIC = 'synod/test/updates';

export function keySeed(label: string | number): Uint8Array {
  return createHash('sha256').update(`test key ${label}`).digest();
}

export interface Swarm {
  readonly logs: NetworkLogEntry[];
  start(label: string | number, options?: Partial<Libp2pTransportOptions>): Promise<Transport>;
  stop(): Promise<void>;
}

/** Transports of one test; `stop()` ends all that are still running. */
export function swarm(defaults: Partial<Libp2pTransportOptions> = {}): Swarm {
  const running: Transport[] = [];
  const logs: NetworkLogEntry[] = [];
  return {
    logs,
    async start(label, options = {}) {
      const transport = await createLibp2pTransport({
        privateKeySeed: keySeed(label),
        experiment: 'test',
        topics: [TOPIC, OTHER_TOPIC],
        localNetwork: true,
        listen: defaults.transport === 'memory' ? [] : ['/ip4/127.0.0.1/tcp/0'],
        gossip: { heartbeatMs: 200 },
        log: (entry) => logs.push(entry),
        ...defaults,
        ...options,
      });
      running.push(transport);
      await transport.start();
      return transport;
    },
    async stop() {
      await Promise.all(running.splice(0).map((transport) => transport.stop()));
    },
  };
}

/** Subscribes and keeps what arrives, as text. */
export function collect(
  transport: Transport,
  topic = TOPIC,
  verdict: (message: GossipMessage) => Verdict | Promise<Verdict> = () => 'accept',
): string[] {
  const seen: string[] = [];
  transport.subscribe(topic, (message) => {
    seen.push(new TextDecoder().decode(message.data));
    return verdict(message);
  });
  return seen;
}

export function firstAddress(transport: Transport): string {
  const [address] = transport.addresses();
  if (address === undefined) throw new Error('the transport has no address');
  return address;
}

export const text = (value: string): Uint8Array => new TextEncoder().encode(value);
