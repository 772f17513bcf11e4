/**
 * The network as a machine sees it, over a real Transport: one topic for each channel of the experiment, one request
 * protocol, bodies by digest. Messages that find no subscriber are lost, as gossip loses them: the machine sends again.
 */
import type { Digest } from '../crypto/hash.ts';
import type { PeerId } from '../crypto/peer-id.ts';
import type { Channel } from '../messages/message.ts';
import type { Transport } from '../network/transport.ts';
import type { NetworkHandlers, NetworkPort } from './environment.ts';

const CHANNELS: readonly Channel[] = ['contributions', 'consensus', 'announcements'];
const COMMITTEE_CHANNELS: readonly Channel[] = ['contributions', 'consensus'];
const MESSAGE_PROTOCOL = 'message/1';
const REQUEST_PROTOCOL = 'request/1';
const MAX_REQUEST_BYTES = 1024;
const NOTHING = new Uint8Array(0);

/** The exact topics of an experiment; the transport refuses all others. */
export function topicsOf(experiment: Digest): string[] {
  return CHANNELS.map((channel) => topicOf(experiment, channel));
}

function topicOf(experiment: Digest, channel: Channel): string {
  return `synod/${experiment}/${channel}`;
}

export class TransportNetwork implements NetworkPort {
  private readonly transport: Transport;
  private readonly experiment: Digest;
  private readonly closing = new AbortController();
  private readonly onFault: (what: string, error: unknown) => void;
  private handlers: NetworkHandlers | undefined;
  private listening = false;

  /** `onFault` is told of deliveries that failed; none of them is fatal. */
  constructor(
    transport: Transport,
    experiment: Digest,
    onFault: (what: string, error: unknown) => void = () => undefined,
  ) {
    this.transport = transport;
    this.experiment = experiment;
    this.onFault = onFault;
  }

  /** Registers protocols and topics; the transport is started already. */
  async start(): Promise<void> {
    const { transport } = this;
    await transport.serveBodies({ get: (digest) => this.handlers?.body(digest) });
    await transport.handle(REQUEST_PROTOCOL, (request, from) => this.answer(request, from), {
      maxRequestBytes: MAX_REQUEST_BYTES,
    });
    await transport.handle(MESSAGE_PROTOCOL, (message, from) => this.take(message, from), {
      maxRequestBytes: transport.maxGossipBytes,
    });
  }

  /** Fails what is under way; the transport itself is the caller's to stop. */
  stop(): void {
    this.closing.abort();
  }

  open(handlers: NetworkHandlers): void {
    this.handlers = handlers;
    this.subscribe('announcements');
  }

  publish(channel: Channel, bytes: Uint8Array): void {
    if (this.closing.signal.aborted) return;
    this.transport
      .publish(topicOf(this.experiment, channel), bytes)
      .catch((error: unknown) => this.onFault(`publishing on ${channel}`, error));
  }

  send(to: PeerId, bytes: Uint8Array): void {
    this.ask(to, MESSAGE_PROTOCOL, bytes, 0, () => undefined);
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
    done: (body: Uint8Array | undefined) => void,
  ): void {
    const { signal } = this.closing;
    const others = from.filter((peer) => peer !== this.transport.self);
    this.transport.fetchBody(digest, byteLength, others, { signal }).then(done, (error: unknown) => {
      this.onFault(`fetching body ${digest.slice(0, 8)}`, error);
      done(undefined);
    });
  }

  penalize(peer: PeerId, reason: string): void {
    this.transport.penalize(peer, reason);
  }

  reachable(): readonly PeerId[] {
    return this.transport.connected();
  }

  private subscribe(channel: Channel): void {
    this.transport.subscribe(
      topicOf(this.experiment, channel),
      ({ data, relayedBy }) => this.handlers?.receive(data, relayedBy) ?? 'ignore',
    );
  }

  private ask(
    to: PeerId,
    protocol: string,
    bytes: Uint8Array,
    maxResponseBytes: number,
    done: (answer: Uint8Array | undefined) => void,
  ): void {
    const { signal } = this.closing;
    this.transport.request(to, protocol, bytes, { signal, maxResponseBytes }).then(done, (error: unknown) => {
      this.onFault(`asking ${to}`, error);
      done(undefined);
    });
  }

  private answer(request: Uint8Array, from: PeerId): Promise<Uint8Array> {
    return new Promise((resolve) => {
      if (this.handlers === undefined) resolve(NOTHING);
      else this.handlers.answer(request, from, resolve);
    });
  }

  /** A message sent straight to us counts like gossip; a false one lowers its sender's score. */
  private take(message: Uint8Array, from: PeerId): Promise<Uint8Array> {
    const verdict = this.handlers?.receive(message, from);
    if (verdict === 'reject') this.transport.penalize(from, 'sent an invalid message');
    return Promise.resolve(NOTHING);
  }
}
