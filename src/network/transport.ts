/**
 * What the rest of Synod asks of a network. It knows peers, topics, verdicts and bytes, and nothing of rounds.
 * libp2p stands behind it (`libp2p-transport.ts`); no other room imports libp2p's networking packages.
 */

/** A libp2p peer id in its text form; Synod accepts Ed25519 ids only (`12D3KooW...`). */
export type PeerId = string;

/** Gossipsub's three answers to a message: pass it on; drop it in silence; drop it and lower its sender's score. */
export type Verdict = 'accept' | 'ignore' | 'reject';

export interface GossipMessage {
  readonly topic: string;
  readonly data: Uint8Array;
  /** Whoever relayed the message to us; its author is named and signed inside `data`. */
  readonly relayedBy: PeerId;
}

export type GossipHandler = (message: GossipMessage) => Verdict | Promise<Verdict>;

/** Answers a request on a direct stream; a thrown error closes the stream with that error's message in the log only. */
export type RequestHandler = (request: Uint8Array, from: PeerId) => Promise<Uint8Array>;

export interface PublishReceipt {
  /** Peers that the message was handed to; 0 where nobody is subscribed (yet). */
  readonly recipients: number;
}

/** A body that others may pull by its SHA-256 digest (hex). */
export interface BodyStore {
  get(digest: string): Uint8Array | undefined;
}

export interface Transport {
  readonly self: PeerId;
  /** The addresses to give to others, with `/p2p/<self>` at the end. */
  addresses(): readonly string[];
  start(): Promise<void>;
  /** Closes every stream, connection, timer and listener; resolves when nothing of it is left. */
  stop(): Promise<void>;

  subscribe(topic: string, handler: GossipHandler): void;
  unsubscribe(topic: string): void;
  /** Throws where `data` is larger than `maxGossipBytes`. */
  publish(topic: string, data: Uint8Array): Promise<PublishReceipt>;
  readonly maxGossipBytes: number;
  /** Peers known to be subscribed to a topic. */
  subscribers(topic: string): readonly PeerId[];

  /** One request, one response over a direct stream; fails with a TransportError after the signal or a time-out. */
  request(peer: PeerId, protocol: string, request: Uint8Array, options: RequestOptions): Promise<Uint8Array>;
  handle(
    protocol: string,
    handler: RequestHandler,
    limits: { readonly maxRequestBytes: number },
  ): Promise<void>;

  /** Bodies to serve to others by digest. */
  serveBodies(store: BodyStore): Promise<void>;
  /** Pulls a body in verified pieces from whichever of the peers has it; checks the digest before it resolves. */
  fetchBody(
    digest: string,
    byteLength: number,
    from: readonly PeerId[],
    options: FetchOptions,
  ): Promise<Uint8Array>;

  /** Tells the network that a peer sent something invalid; lowers its score. */
  penalize(peer: PeerId, reason: string): void;
  /** Peers with an open connection. */
  connected(): readonly PeerId[];
  onPeerChange(listener: (peer: PeerId, state: 'connected' | 'disconnected') => void): void;
  /** Remembers addresses to dial and to redial for as long as the transport runs. */
  keepConnected(addresses: readonly string[]): void;
  /** Bytes sent and received since the start, on the wire as far as it can be counted. */
  traffic(): { readonly sentBytes: number; readonly receivedBytes: number };
}

export interface RequestOptions {
  readonly signal: AbortSignal;
  readonly maxResponseBytes: number;
}

export interface FetchOptions {
  readonly signal: AbortSignal;
}

export type TransportErrorCode =
  | 'unreachable' // no address worked; the message says which were tried and what each answered
  | 'timeout'
  | 'aborted'
  | 'protocol-unsupported' // connected, but the peer does not speak this protocol (another experiment or version)
  | 'too-large'
  | 'bad-digest'
  | 'not-found'
  | 'closed';

export class TransportError extends Error {
  override readonly name = 'TransportError';
  readonly code: TransportErrorCode;

  constructor(code: TransportErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}
