/**
 * The network as a machine sees it, over a real Transport: one topic for each channel of the experiment, one request
 * protocol, bodies by digest. Messages that find no subscriber are lost, as gossip loses them: the machine sends again.
 */
import type { Digest } from '../crypto/hash.ts';
import type { PeerId } from '../crypto/peer-id.ts';
import type { Channel } from '../messages/message.ts';
import { TransportError, type PiecedBody, type Transport } from '../network/transport.ts';
import { MAX_PUSHED_BODY_BYTES } from './limits.ts';
import type { KeptFetch, NetworkHandlers, NetworkPort, PiecesFrom } from './environment.ts';
import type { BodyOnDisk } from './ledger-port.ts';

const CHANNELS: readonly Channel[] = ['contributions', 'consensus', 'announcements'];
const COMMITTEE_CHANNELS: readonly Channel[] = ['contributions', 'consensus'];
export const MESSAGE_PROTOCOL = 'message/1';
export const REQUEST_PROTOCOL = 'request/1';
const MAX_REQUEST_BYTES = 1024;
const NOTHING = new Uint8Array(0);

/** The exact topics of an experiment; the transport refuses all others. */
export function topicsOf(experiment: Digest): string[] {
  return CHANNELS.map((channel) => topicOf(experiment, channel));
}

function topicOf(experiment: Digest, channel: Channel): string {
  return `synod/${experiment}/${channel}`;
}

/** What payload is counted as. */
export type PayloadKind = Channel | 'message' | 'request' | 'answer' | 'body';

export interface TransportNetworkHooks {
  /** Told of deliveries that failed; none of them is fatal. */
  readonly onFault?: ((what: string, error: unknown) => void) | undefined;
  /** Told of each payload once, however many copies of it travel; a body where it arrives. */
  readonly onPayload?: (kind: PayloadKind, direction: 'sent' | 'received', byteLength: number) => void;
}

export class TransportNetwork implements NetworkPort {
  private readonly transport: Transport;
  private readonly experiment: Digest;
  private readonly closing = new AbortController();
  private readonly hooks: TransportNetworkHooks;
  private handlers: NetworkHandlers | undefined;
  private listening = false;

  constructor(transport: Transport, experiment: Digest, hooks: TransportNetworkHooks = {}) {
    this.transport = transport;
    this.experiment = experiment;
    this.hooks = hooks;
  }

  /** Registers protocols and topics; the transport is started already. */
  async start(): Promise<void> {
    const { transport } = this;
    await transport.serveBodies({
      get: (digest) => this.handlers?.body(digest),
      stored: (digest) => this.storedBody(digest),
    });
    await transport.handle(REQUEST_PROTOCOL, (request, from) => this.answer(request, from), {
      maxRequestBytes: MAX_REQUEST_BYTES,
    });
    await transport.handle(MESSAGE_PROTOCOL, (message, from) => this.take(message, from), {
      maxRequestBytes: transport.maxGossipBytes,
    });
    await transport.takePushes((body, from) => this.takeBody(body, from), MAX_PUSHED_BODY_BYTES);
  }

  /** Fails what is under way; the transport itself is the caller's to stop. */
  stop(): void {
    this.closing.abort();
  }

  open(handlers: NetworkHandlers): void {
    this.handlers = handlers;
    this.subscribe('announcements');
    this.transport.onPeerChange((peer, state) => {
      if (state === 'connected' && !this.closing.signal.aborted) handlers.met(peer);
    });
  }

  publish(channel: Channel, bytes: Uint8Array): void {
    if (this.closing.signal.aborted) return;
    this.hooks.onPayload?.(channel, 'sent', bytes.length);
    this.transport
      .publish(topicOf(this.experiment, channel), bytes)
      .catch((error: unknown) => this.hooks.onFault?.(`publishing on ${channel}`, error));
  }

  send(to: PeerId, bytes: Uint8Array): void {
    this.ask(to, MESSAGE_PROTOCOL, bytes, 0, () => undefined);
  }

  push(to: PeerId, body: Uint8Array): void {
    if (!this.closing.signal.aborted) this.transport.push(to, body);
  }

  listen(committee: boolean): void {
    if (committee === this.listening || this.closing.signal.aborted) return;
    this.listening = committee;
    for (const channel of COMMITTEE_CHANNELS) {
      if (committee) this.subscribe(channel);
      else this.transport.unsubscribe(topicOf(this.experiment, channel));
    }
  }

  request(
    to: PeerId,
    request: Uint8Array,
    maxAnswerBytes: number,
    done: (answer: Uint8Array | undefined) => void,
  ): void {
    this.ask(to, REQUEST_PROTOCOL, request, maxAnswerBytes, done);
  }

  fetchBody(
    digest: Digest,
    byteLength: number,
    from: readonly PeerId[],
    done: (body: Uint8Array | undefined, pieces?: PiecesFrom) => void,
    kept?: KeptFetch,
  ): void {
    const { signal } = this.closing;
    const others = from.filter((peer) => peer !== this.transport.self);
    const pieces: Record<PeerId, number> = {};
    const onPiece = (peer: PeerId): void => void (pieces[peer] = (pieces[peer] ?? 0) + 1);
    const keeping = kept && { partial: kept.partial, onResumed: kept.resumed.bind(kept) };
    this.transport.fetchBody(digest, byteLength, others, { signal, onPiece, ...keeping }).then(
      (body) => {
        this.hooks.onPayload?.('body', 'received', body.length);
        done(body, pieces);
      },
      (error: unknown) => {
        this.hooks.onFault?.(`fetching body ${digest.slice(0, 8)}`, error);
        done(undefined);
      },
    );
  }

  penalize(peer: PeerId, reason: string): void {
    this.transport.penalize(peer, reason, 'answer');
  }

  reachable(): readonly PeerId[] {
    return this.transport.connected();
  }

  private subscribe(channel: Channel): void {
    this.transport.subscribe(topicOf(this.experiment, channel), ({ data, relayedBy, again }) => {
      if (!again) this.hooks.onPayload?.(channel, 'received', data.length);
      return this.handlers?.receive(data, relayedBy, { channel, again }) ?? 'ignore';
    });
  }

  private ask(
    to: PeerId,
    protocol: string,
    bytes: Uint8Array,
    maxResponseBytes: number,
    done: (answer: Uint8Array | undefined) => void,
  ): void {
    const { signal } = this.closing;
    this.hooks.onPayload?.(protocol === MESSAGE_PROTOCOL ? 'message' : 'request', 'sent', bytes.length);
    this.transport.request(to, protocol, bytes, { signal, maxResponseBytes }).then(
      (answer) => {
        if (protocol === REQUEST_PROTOCOL) this.hooks.onPayload?.('answer', 'received', answer.length);
        done(answer);
      },
      (error: unknown) => {
        if (error instanceof TransportError && error.code === 'too-large') {
          this.penalize(to, 'answered with more than an answer can be');
        }
        this.hooks.onFault?.(`asking ${to}`, error);
        done(undefined);
      },
    );
  }

  private storedBody(digest: Digest): Promise<PiecedBody | undefined> {
    return new Promise((resolve) => {
      if (this.handlers === undefined) return resolve(undefined);
      this.handlers.storedBody(digest, (body) => resolve(body && readable(digest, body)));
    });
  }

  private answer(request: Uint8Array, from: PeerId): Promise<Uint8Array> {
    this.hooks.onPayload?.('request', 'received', request.length);
    return new Promise((resolve) => {
      if (this.handlers === undefined) return resolve(NOTHING);
      this.handlers.answer(request, from, (answer, diskReads = 0) => {
        this.transport.charge(from, 'diskReads', diskReads);
        this.hooks.onPayload?.('answer', 'sent', answer.length);
        resolve(answer);
      });
    });
  }

  /** What nobody can use is paid for like a message that was judged in vain. */
  private takeBody(body: Uint8Array, from: PeerId): void {
    const { transport } = this;
    if (!transport.mayCost(from, 'judgements', 'mainThreadMs')) return;
    if (this.handlers?.pushed(body, from) === true) this.hooks.onPayload?.('body', 'received', body.length);
    else transport.charge(from, 'judgements', 1);
  }

  /** A message sent straight to us counts like gossip; a false one lowers its sender's score. */
  private take(message: Uint8Array, from: PeerId): Promise<Uint8Array> {
    const { transport } = this;
    if (!transport.mayCost(from, 'judgements', 'mainThreadMs')) return Promise.resolve(NOTHING);
    this.hooks.onPayload?.('message', 'received', message.length);
    transport.charge(from, 'judgements', 1);
    const verdict = this.handlers?.receive(message, from);
    if (verdict === 'accept') transport.charge(from, 'judgements', -1);
    if (verdict === 'reject') this.transport.penalize(from, 'sent an invalid message');
    return Promise.resolve(NOTHING);
  }
}

function readable(digest: Digest, body: BodyOnDisk): PiecedBody {
  const { byteLength, list } = body;
  return {
    byteLength,
    list,
    piece: (index) =>
      new Promise((resolve, reject) => {
        body.piece(index, (bytes) => {
          if (bytes !== undefined) resolve(bytes);
          else reject(new Error(`piece ${index} of ${digest.slice(0, 8)} is here no longer`));
        });
      }),
  };
}
