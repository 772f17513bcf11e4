/**
 * What the rest of Synod asks of a network. It knows peers, topics, verdicts and bytes, and nothing of rounds.
 * libp2p stands behind it (`libp2p-transport.ts`); no other room imports libp2p's networking packages.
 */
import type { PeerId } from '../crypto/peer-id.ts';
import type { Verdict } from '../messages/message.ts';
import type { Resource } from './budget-table.ts';
import type { BudgetLine } from './peer-budget.ts';
import type { CutOff } from './peer-conduct.ts';

export interface GossipMessage {
  readonly topic: string;
  readonly data: Uint8Array;
  /** Whoever relayed the message to us; its author is named and signed inside `data`. */
  readonly relayedBy: PeerId;
  /** The same bytes were accepted before: to accept them again passes them on once more. */
  readonly again: boolean;
}

export type GossipHandler = (message: GossipMessage) => Verdict | Promise<Verdict>;

/** Answers a request on a direct stream; a thrown error fails the request, with that error's message in our log only. */
export type RequestHandler = (request: Uint8Array, from: PeerId) => Promise<Uint8Array>;

export interface PublishReceipt {
  /** Peers that the message was handed to; 0 where nobody is subscribed (yet), or where the same bytes passed just now. */
  readonly recipients: number;
}

/** Bodies that others may pull by digest. The digest is `bodyDigest()` of src/crypto/body-digest.ts, not a plain SHA-256. */
export interface BodyStore {
  /** The same array for the same digest while it is held: its piece list is computed once per array. */
  get(digest: string): Uint8Array | undefined;
  /** A body that is not at hand and can be read a piece at a time. */
  stored?(digest: string): Promise<PiecedBody | undefined>;
}

/** A body that nobody need hold as a whole. Whoever gives one answers for its list having the digest. */
export interface PiecedBody {
  readonly byteLength: number;
  /** The digests of its pieces. */
  readonly list: Uint8Array;
  /** Rejects where the piece cannot be read any more. */
  piece(index: number): Uint8Array | Promise<Uint8Array>;
}

/** One open connection. A relayed peer can vote, but should not be sampled where megabytes move. */
export interface PeerLink {
  readonly peer: PeerId;
  readonly address: string;
  readonly direction: 'inbound' | 'outbound';
  readonly relayed: boolean;
  /** Gossipsub's score: below -40 nothing is published to the peer, below -80 nothing of it is read. */
  readonly score: number;
  /** The newest round-trip time in milliseconds; undefined before the first measurement. */
  readonly roundTripMs?: number;
}

export interface Transport {
  readonly self: PeerId;
  /** The addresses to give to others, with `/p2p/<self>` at the end. */
  addresses(): readonly string[];
  start(): Promise<void>;
  /** Closes every stream, connection, timer and listener; resolves when nothing of it is left. */
  stop(): Promise<void>;

  /**
   * Joins one of the allowed topics. The handler sees each message of others once, whoever relays it, and one that it
   * accepted once more at each rebroadcast, until it does not accept it any longer; our own publications do not come back.
   * Nothing is passed on before the handler accepts, and an answer that takes longer than `verdictDeadlineMs` counts as
   * 'ignore', as does a thrown error.
   */
  subscribe(topic: string, handler: GossipHandler): void;
  unsubscribe(topic: string): void;
  /**
   * Sends to the subscribers of an allowed topic, whether or not we are one. To publish the same bytes again is a
   * rebroadcast: it travels the whole network anew for those who missed it, at most once per `rebroadcastIntervalMs`.
   * Throws where `data` is larger than `maxGossipBytes`.
   */
  publish(topic: string, data: Uint8Array): Promise<PublishReceipt>;
  readonly maxGossipBytes: number;
  readonly verdictDeadlineMs: number;
  readonly rebroadcastIntervalMs: number;
  /** Peers known to be subscribed to a topic. */
  subscribers(topic: string): readonly PeerId[];

  /**
   * One request, one response over a direct stream; fails with a TransportError after the signal or a time-out.
   * `protocol` is a short name with a version, such as `catch-up/1`: the experiment's prefix is put before it.
   * Dials the peer where no connection is open and an address is known or a connected peer knows one.
   */
  request(peer: PeerId, protocol: string, request: Uint8Array, options: RequestOptions): Promise<Uint8Array>;
  handle(
    protocol: string,
    handler: RequestHandler,
    limits: { readonly maxRequestBytes: number },
  ): Promise<void>;

  /**
   * Sends bytes that nobody asked for over a stream that stays open; to a connected peer only, and lost where the peer
   * reads too slowly or takes none. Gives whether they are on their way.
   */
  push(peer: PeerId, bytes: Uint8Array): boolean;
  /** What others push, of at most `maxBytes` each; those without a seat are refused unread. Called once. */
  takePushes(handler: (bytes: Uint8Array, from: PeerId) => void, maxBytes: number): Promise<void>;

  /** Bodies to serve to others by digest; a later call replaces the store. */
  serveBodies(store: BodyStore): Promise<void>;
  /**
   * Pulls a body in pieces from several of the peers at once; each piece is checked as it arrives and a peer that sends
   * a false one is penalised. Connected peers are asked first, others are dialled where those do not have it, and who
   * does not have it is asked again while the search goes on. `byteLength` is the announced length: bound it by the
   * experiment before the call.
   */
  fetchBody(
    digest: string,
    byteLength: number,
    from: readonly PeerId[],
    options: FetchOptions,
  ): Promise<Uint8Array>;

  /** Tells the network that a peer sent something invalid, unasked or as its answer to a question; lowers its score. */
  penalize(peer: PeerId, reason: string, what?: 'message' | 'answer'): void;
  /** Who has a seat in the roster: all others are strangers, with a small budget. Until it is told, everyone has one. */
  useSeats(isSeated: (peer: PeerId) => boolean): void;
  /** Whether a peer may cost something of this now; what it did cost is charged afterwards. */
  mayCost(peer: PeerId, ...resources: readonly Resource[]): boolean;
  charge(peer: PeerId, resource: Resource, units: number): void;
  /** What peers have cost since the start, and how often they wanted more than they may. */
  budget(): readonly BudgetLine[];
  /** Who is banned now. */
  cutOff(): readonly CutOff[];
  /** How full everything is that other peers can make grow, by the names in `NETWORK_TABLES`. */
  sizes(): Readonly<Record<string, number>>;
  /**
   * Resolves when a connected peer has told whether another process runs with our key (`onTwin` is called before), and
   * after the time at the latest: to wait for it before anything is signed keeps two processes from contradicting.
   */
  lookForTwin(withinMs: number): Promise<void>;
  /** Peers that could not be dialled more than once, and why. */
  unreachable(): readonly { readonly peer: PeerId; readonly why: string }[];
  /** Peers with an open connection. */
  connected(): readonly PeerId[];
  /** Those of them that gossip can be sent to: what is published reaches nobody else. */
  gossipsWith(): readonly PeerId[];
  links(): readonly PeerLink[];
  onPeerChange(listener: (peer: PeerId, state: 'connected' | 'disconnected') => void): void;
  /** Remembers addresses to dial and to redial for as long as the transport runs. */
  keepConnected(addresses: readonly string[]): void;
  /** A sentence for every configured address without a connection, and for every other fault that an operator can mend. */
  diagnose(): readonly string[];
  /** Bytes sent and received since the start, as handed to the sockets (after encryption, before TCP/IP headers). */
  traffic(): { readonly sentBytes: number; readonly receivedBytes: number };
}

export interface RequestOptions {
  readonly signal: AbortSignal;
  readonly maxResponseBytes: number;
  /** For the whole exchange, dial included; 10 s where it is absent (longer over the memory transport). */
  readonly timeoutMs?: number;
}

export interface FetchOptions {
  readonly signal: AbortSignal;
  /** Told of each piece that was true and new, for telemetry. */
  readonly onPiece?: (from: PeerId) => void;
  /** Where pieces are kept as they come; what is kept there already is checked and not fetched again. */
  readonly partial?: PartialBody;
  /** Told once, before anybody is asked, how many pieces of `partial` were as they should be. */
  readonly onResumed?: (pieces: number, of: number) => void;
}

/** What has come of one body, kept where it outlasts the process. Nothing that is read from it is trusted. */
export interface PartialBody {
  /** What is kept as the piece list; undefined where nothing is. */
  list(): Promise<Uint8Array | undefined>;
  /** Fills in what is kept of the body from an offset on; what is not there is left as it was. */
  read(bytes: Uint8Array, at: number): Promise<void>;
  /** The list is true: pieces follow. What was kept under another list goes. */
  begin(list: Uint8Array): void;
  /** A true piece; the bytes stay as they are. A fault is the keeper's own affair. */
  keep(bytes: Uint8Array, at: number): void;
}

export type TransportErrorCode =
  | 'unreachable' // no address worked; the message says which were tried and what each answered
  | 'timeout'
  | 'aborted'
  | 'protocol-unsupported' // connected, but the peer does not speak this protocol (another experiment or version)
  | 'too-large'
  | 'bad-digest'
  | 'not-found'
  | 'not-yet' // the peer is getting it from another one just now
  | 'busy' // the peer has no room for another request of ours now; try later or elsewhere
  | 'refused' // the peer's handler failed
  | 'closed';

export class TransportError extends Error {
  override readonly name = 'TransportError';
  readonly code: TransportErrorCode;

  constructor(code: TransportErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}
