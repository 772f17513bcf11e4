/** What the parts of this room share of the libp2p node: connections, streams and their quiet end. */
import { peerIdFromString } from '@libp2p/peer-id';
import type { Connection, Stream, StreamHandler } from '@libp2p/interface';
import type { Multiaddr } from '@multiformats/multiaddr';
import { present } from '../foundation/assert.ts';
import { DialMemory } from './dial-memory.ts';
import type { Node } from './libp2p-node.ts';
import { isRelayed, peerOf } from './addresses.ts';
import { TransportError } from './transport.ts';
import type { PeerId } from '../crypto/peer-id.ts';
import type { PeerLink } from './transport.ts';
import type { NetworkTimes } from './transport-options.ts';
import { explainDial, WrongPeerError } from './transport-failure.ts';

const CLOSE_TIMEOUT_MS = 1_000;

export type Log = (level: 'debug' | 'info' | 'warn' | 'error', message: string) => void;
/** Addresses of a peer that is not connected, from whatever we or our neighbours know. */
export type Locate = (peer: PeerId, signal: AbortSignal) => Promise<readonly Multiaddr[]>;

export class NetworkHost {
  readonly self: PeerId;
  readonly log: Log;
  readonly node: Node;
  readonly times: NetworkTimes;
  private readonly prefix: string;
  private locate: Locate = () => Promise.resolve([]);
  /** One dial of a peer at a time, whoever waits for it. */
  private readonly dialling = new Map<PeerId, Promise<Connection>>();
  readonly dialMemory: DialMemory;

  constructor(node: Node, experiment: string, times: NetworkTimes, log: Log) {
    this.node = node;
    this.self = node.self;
    this.log = log;
    this.times = times;
    this.prefix = `/synod/${experiment}/`;
    this.dialMemory = new DialMemory(({ why }) =>
      log('warn', `${why}; bodies and messages go through peers that reach it`),
    );
  }

  get isStarted(): boolean {
    return this.node.libp2p.status === 'started';
  }

  useLocator(locate: Locate): void {
    this.locate = locate;
  }

  protocolId(name: string): string {
    return this.prefix + name;
  }

  connections(peer?: PeerId): Connection[] {
    const all = this.node.libp2p.getConnections(peer === undefined ? undefined : peerIdFromString(peer));
    return all.filter((connection) => connection.status === 'open');
  }

  isConnected(peer: PeerId): boolean {
    return this.connections(peer).length > 0;
  }

  connectedPeers(): PeerId[] {
    return [...new Set(this.connections().map((connection) => connection.remotePeer.toString()))];
  }

  links(): PeerLink[] {
    return this.connections().map((connection) => ({
      peer: connection.remotePeer.toString(),
      address: connection.remoteAddr.toString(),
      direction: connection.direction,
      relayed: connection.limits !== undefined || isRelayed(connection.remoteAddr),
      score: this.node.gossip.getScore(connection.remotePeer.toString()),
      ...(connection.rtt === undefined ? {} : { roundTripMs: connection.rtt }),
    }));
  }

  /** Own addresses with the peer id; empty before the start. */
  addresses(): string[] {
    return this.node.libp2p.getMultiaddrs().map((address) => address.toString());
  }

  async dial(address: Multiaddr | Multiaddr[], signal: AbortSignal): Promise<Connection> {
    const connection = await this.node.libp2p.dial(address, { signal });
    const expected = peerOf(Array.isArray(address) ? present(address[0], 'an address') : address);
    const actual = connection.remotePeer.toString();
    if (expected === undefined || expected === actual) return connection;
    const error = new WrongPeerError(expected, actual); // the gate cannot see it over the memory transport
    connection.abort(error);
    throw error;
  }

  /** A stream on the best open connection: direct before relayed, old before new. Dials where there is none. */
  async openStream(peer: PeerId, protocol: string, signal: AbortSignal, on?: Connection): Promise<Stream> {
    const connection = on ?? (await this.connect(peer, signal));
    return connection.newStream(this.protocolId(protocol), {
      signal,
      runOnLimitedConnection: true,
      negotiateFully: false, // saves a round trip; a refusal of the protocol shows at the first read
    });
  }

  async handle(protocol: string, maxInboundStreams: number, handler: StreamHandler): Promise<void> {
    await this.node.libp2p.handle(this.protocolId(protocol), handler, {
      maxInboundStreams,
      maxOutboundStreams: maxInboundStreams,
      runOnLimitedConnection: true,
    });
  }

  /** Ends a stream that has done its work; one that will not end is reset. */
  closeQuietly(stream: Stream): void {
    stream.close({ signal: AbortSignal.timeout(CLOSE_TIMEOUT_MS) }).catch((error: unknown) => {
      stream.abort(error instanceof Error ? error : new Error(String(error)));
    });
  }

  /** Ends every connection of a peer at once, without waiting for its consent. */
  drop(peer: PeerId, reason: string): void {
    for (const connection of this.connections(peer)) connection.abort(new Error(reason));
  }

  /**
   * Dials a peer at addresses that others told us, unless that failed lately. The dial lives on when its first asker
   * gives up: it ends in a connection, or in the knowledge that there is none to be had.
   */
  dialPeer(peer: PeerId, addresses: readonly Multiaddr[]): Promise<Connection> {
    const running = this.dialling.get(peer);
    if (running !== undefined) return running;
    const refusal = this.dialMemory.refusal(peer, Date.now());
    if (refusal !== undefined) return Promise.reject(new TransportError('unreachable', refusal));
    const dial = this.dial([...addresses], AbortSignal.timeout(this.times.dialMs))
      .catch((error: unknown) => {
        const tried = addresses.map((address) => address.toString());
        const why = `${peer} cannot be reached at ${tried.join(', ')}: ${explainDial(error)}`;
        if (this.isStarted && !this.isConnected(peer)) this.dialMemory.failed(peer, why, Date.now());
        throw new TransportError('unreachable', why);
      })
      .finally(() => this.dialling.delete(peer));
    this.dialling.set(peer, dial);
    return dial;
  }

  private async connect(peer: PeerId, signal: AbortSignal): Promise<Connection> {
    const open = this.connections(peer);
    const best = open.find((connection) => connection.limits === undefined) ?? open[0];
    if (best !== undefined) return best;
    const refusal = this.dialMemory.refusal(peer, Date.now());
    if (refusal !== undefined) throw new TransportError('unreachable', refusal);
    const addresses = await this.locate(peer, signal);
    if (addresses.length === 0)
      throw new TransportError('unreachable', `${peer} is not connected and no address of it is known`);
    return unlessAborted(this.dialPeer(peer, addresses), signal);
  }
}

/** The promise's outcome, or the signal's reason where that comes first; what is left of the promise is nobody's fault. */
function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason as Error);
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}
