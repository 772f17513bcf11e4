/**
 * The libp2p 2.10 node: transports, noise, yamux, identify, ping and the optional reach behind NAT. Its exact package
 * set is frozen (docs/network.md); nothing outside this room knows it. autonat is left out on purpose: version 2.0.38
 * closes the live connection of whoever asks it.
 */
import '../foundation/polyfill.ts';
import { gossipsub } from '@chainsafe/libp2p-gossipsub';
import type { GossipSub } from '@chainsafe/libp2p-gossipsub';
import { noise } from '@chainsafe/libp2p-noise';
import { circuitRelayServer, circuitRelayTransport } from '@libp2p/circuit-relay-v2';
import { generateKeyPairFromSeed } from '@libp2p/crypto/keys';
import { dcutr } from '@libp2p/dcutr';
import { identify, identifyPush } from '@libp2p/identify';
import type {
  Connection,
  ConnectionGater,
  Libp2p,
  Metrics,
  PeerInfo,
  PrivateKey,
  StreamMuxer,
} from '@libp2p/interface';
import { mdns } from '@libp2p/mdns';
import { memory } from '@libp2p/memory';
import { peerIdFromPrivateKey } from '@libp2p/peer-id';
import { ping } from '@libp2p/ping';
import { plaintext } from '@libp2p/plaintext';
import { tcp } from '@libp2p/tcp';
import { uPnPNAT } from '@libp2p/upnp-nat';
import { createLibp2p } from 'libp2p';
import type { Libp2pOptions } from 'libp2p';
import { isPublicIPv4, isPublicIPv6 } from './addresses.ts';
import { gossipsubOptions } from './gossip-parameters.ts';
import {
  INBOUND_CONNECTIONS_PER_SECOND_PER_HOST,
  MAX_PENDING_INBOUND_CONNECTIONS,
  MAX_STREAMS_PER_CONNECTION,
  MAX_STREAM_WINDOW_BYTES,
} from './limits.ts';
import type { PeerId } from '../crypto/peer-id.ts';
import { agentOf } from './agent-string.ts';
import { identifyAsAlike } from './alike.ts';
import { boundedYamux } from './bounded-yamux.ts';
import type { YamuxMuxer } from './yamux-insides.ts';
import { noiseCrypto } from './noise-keys.ts';
import { noteProtocolsOnce } from './protocol-notes.ts';
import { loggerOption } from './silent-logger.ts';
import type { ResolvedOptions } from './transport-options.ts';

/** With noise's 65,519-byte packets this frame size wastes none: about 20 % more throughput than the default. */
const YAMUX_FRAME_BYTES = 65_519;
const RELAY_DATA_LIMIT_BYTES = 1_073_741_824n;
const RELAY_DURATION_LIMIT_MS = 3_600_000;
const RELAY_RESERVATIONS = 64;
/** Local simulations open all their connections in the same second, from one address. */
const LOCAL_CONNECTIONS_PER_SECOND = 10_000;
const PING_INTERVAL_MS = 10_000;
const PING_TIMEOUT_MS = 10_000;

export type AddressManager = Parameters<NonNullable<Libp2pOptions['services']>[string]>[0]['addressManager'];

export interface NodeParts {
  readonly gate: (self: PeerId) => ConnectionGater;
  readonly metrics: () => Metrics;
  readonly appScore: (peer: PeerId) => number;
  readonly onMdns: (peer: PeerInfo) => void;
}

export interface Node {
  readonly libp2p: Libp2p;
  readonly gossip: GossipSub;
  readonly addressManager: AddressManager;
  readonly self: PeerId;
}

/** Builds the node without starting it. */
export async function createNode(options: ResolvedOptions, parts: NodeParts): Promise<Node> {
  // A cast, because @libp2p/crypto carries an @libp2p/interface of its own
  const privateKey = (await generateKeyPairFromSeed(
    'Ed25519',
    options.privateKeySeed,
  )) as unknown as PrivateKey;
  const self = peerIdFromPrivateKey(privateKey).toString();
  const local = options.transport === 'memory';
  const { dialMs } = options.times;
  const held: { addressManager?: AddressManager; gossip?: GossipSub; libp2p?: Libp2p } = {};

  const services: NonNullable<Libp2pOptions['services']> = {
    ...(options.oneProcess
      ? { identify: identifyAsAlike }
      : {
          identify: identify({ maxMessageSize: 8_192, timeout: dialMs }),
          identifyPush: identifyPush({ timeout: dialMs }),
        }),
    ping: ping(),
    gossip: (components) => {
      held.addressManager = components.addressManager;
      held.gossip = gossipsub(gossipsubOptions(options, parts.appScore))(components) as GossipSub;
      return held.gossip;
    },
  };
  if (options.relayServer)
    services['relay'] = circuitRelayServer({
      reservations: {
        maxReservations: RELAY_RESERVATIONS,
        defaultDataLimit: RELAY_DATA_LIMIT_BYTES,
        defaultDurationLimit: RELAY_DURATION_LIMIT_MS,
      },
    });
  if (options.relayClient) services['dcutr'] = dcutr();
  if (options.upnp) services['upnp'] = uPnPNAT({ autoConfirmAddress: true });

  const libp2p = await createLibp2p({
    start: false,
    ...loggerOption(),
    privateKey,
    nodeInfo: { userAgent: agentOf(options.protocolVersion) },
    addresses: { listen: listenAddresses(options, self), announce: [...options.announce] },
    transports: [local ? memory() : tcp(), ...(options.relayClient ? [circuitRelayTransport()] : [])],
    connectionEncrypters: [local ? plaintext() : noise({ crypto: noiseCrypto })],
    streamMuxers: [
      boundedYamux(
        {
          maxMessageSize: YAMUX_FRAME_BYTES,
          maxStreamWindowSize: MAX_STREAM_WINDOW_BYTES,
          maxInboundStreams: MAX_STREAMS_PER_CONNECTION,
          maxOutboundStreams: MAX_STREAMS_PER_CONNECTION,
        },
        (muxer) => connectionOf(held.libp2p, muxer)?.abort(new Error('it reads nothing and has us answer')),
      ),
    ],
    peerDiscovery: options.mdns ? [mdnsDiscovery(parts.onMdns)] : [],
    connectionGater: parts.gate(self),
    connectionManager: {
      maxConnections: options.maxConnections,
      dialTimeout: dialMs,
      inboundUpgradeTimeout: dialMs,
      inboundStreamProtocolNegotiationTimeout: dialMs,
      outboundStreamProtocolNegotiationTimeout: dialMs,
      maxIncomingPendingConnections: MAX_PENDING_INBOUND_CONNECTIONS,
      inboundConnectionThreshold: options.localNetwork
        ? LOCAL_CONNECTIONS_PER_SECOND
        : INBOUND_CONNECTIONS_PER_SECOND_PER_HOST,
      reconnectRetries: 0,
    },
    connectionMonitor:
      local || options.oneProcess
        ? { enabled: false }
        : { pingInterval: PING_INTERVAL_MS, pingTimeout: { minTimeout: PING_TIMEOUT_MS } },
    metrics: parts.metrics,
    services,
  });
  held.libp2p = libp2p;
  noteProtocolsOnce(libp2p.peerStore);
  if (held.addressManager === undefined || held.gossip === undefined)
    throw new Error('internal error: libp2p did not create its services');
  return { libp2p, gossip: held.gossip, addressManager: held.addressManager, self };
}

/** A muxer does not know its connection, and to end the muxer alone would leave a socket that takes nothing open. */
function connectionOf(libp2p: Libp2p | undefined, muxer: StreamMuxer): Connection | undefined {
  return libp2p?.getConnections().find((connection) => muxerOf(connection) === muxer);
}

function muxerOf(connection: Connection): StreamMuxer | undefined {
  return (connection as Connection & { readonly muxer?: StreamMuxer }).muxer;
}

/** What is to be sent to anybody and no socket has taken. */
export function unsentBytes(libp2p: Libp2p): number {
  const queued = (muxer: StreamMuxer | undefined): number =>
    muxer === undefined ? 0 : (muxer as YamuxMuxer).source.readableLength;
  return libp2p.getConnections().reduce((sum, connection) => sum + queued(muxerOf(connection)), 0);
}

function listenAddresses(options: ResolvedOptions, self: PeerId): string[] {
  const listen =
    options.transport === 'memory' && options.listen.length === 0 ? [`/memory/${self}`] : options.listen;
  return options.relayClient ? [...listen, '/p2p-circuit'] : [...listen];
}

/** Its own listener on the discovery, because libp2p's discovery event fires for every peer that connects as well. */
function mdnsDiscovery(onPeer: (peer: PeerInfo) => void): ReturnType<typeof mdns> {
  return (components) => {
    const discovery = mdns()(components);
    discovery.addEventListener('peer', (event) => onPeer(event.detail));
    return discovery;
  };
}

/** libp2p announces a public address of an own interface only once somebody has verified it, which nobody does here. */
export function confirmPublicAddresses(addressManager: AddressManager): void {
  for (const { multiaddr: address, verified } of addressManager.getAddressesWithMetadata()) {
    const [family, host = ''] = address.toString().split('/').slice(1, 3);
    const isPublic = family === 'ip4' ? isPublicIPv4(host) : family === 'ip6' && isPublicIPv6(host);
    if (!verified && isPublic) addressManager.confirmObservedAddr(address, { type: 'transport' });
  }
}
