/** The Transport over libp2p: one call for each thing that it offers, the parts of this room behind them, and their start and end. */
import type { Connection } from '@libp2p/interface';
import { pieceCount } from '../crypto/body-digest.ts';
import type { PeerId } from '../crypto/peer-id.ts';
import { BodyClient } from './body-client.ts';
import { BodyServer } from './body-server.ts';
import { DirectStreams } from './direct-streams.ts';
import { guardGossip } from './gossip-guard.ts';
import { verdictDeadlineMs } from './gossip-parameters.ts';
import { GossipOutbox } from './gossip-outbox.ts';
import { GossipRoom } from './gossip-room.ts';
import { unsentBytes } from './libp2p-node.ts';
import { listenFailure } from './listen-failure.ts';
import { REBROADCAST_INTERVAL_MS } from './limits.ts';
import { hearsGossip } from './mesh-watch.ts';
import { Neighbours } from './neighbours.ts';
import type { NetworkHost } from './network-host.ts';
import type { Offences } from './offences.ts';
import type { BudgetLine, PeerBudget } from './peer-budget.ts';
import type { CutOff, PeerConduct } from './peer-conduct.ts';
import type { Resource } from './budget-table.ts';
import { PushStreams } from './push-streams.ts';
import { RequestQuota } from './request-quota.ts';
import { TransportError } from './transport.ts';
import type { BodyStore, FetchOptions, GossipHandler, PeerLink } from './transport.ts';
import type { PublishReceipt, RequestHandler, RequestOptions, Transport } from './transport.ts';
import type { ResolvedOptions } from './transport-options.ts';
import type { WireTraffic } from './wire-traffic.ts';

/** What is kept of peers, and made before the node since its gate asks for it. */
export interface Records {
  readonly conduct: PeerConduct;
  readonly offences: Offences;
  readonly budget: PeerBudget;
  readonly traffic: WireTraffic;
}

export class Libp2pTransport implements Transport {
  readonly self: PeerId;
  readonly maxGossipBytes: number;
  readonly verdictDeadlineMs: number;
  readonly rebroadcastIntervalMs = REBROADCAST_INTERVAL_MS;
  private state: 'new' | 'started' | 'stopped' = 'new';
  private readonly options: ResolvedOptions;
  private readonly host: NetworkHost;
  private readonly conduct: PeerConduct;
  private readonly offences: Offences;
  private readonly accounts: PeerBudget;
  private readonly quota: RequestQuota;
  private readonly guard: ReturnType<typeof guardGossip>;
  private readonly outbox: GossipOutbox;
  private readonly stopping = new AbortController();
  private readonly wire: WireTraffic;
  private readonly gossip: GossipRoom;
  private readonly streams: DirectStreams;
  private readonly pushes: PushStreams;
  private readonly bodies: { readonly server: BodyServer; readonly client: BodyClient };
  readonly neighbours: Neighbours;

  constructor(options: ResolvedOptions, host: NetworkHost, records: Records) {
    const { conduct, offences, budget, traffic } = records;
    this.options = options;
    this.accounts = budget;
    this.host = host;
    this.conduct = conduct;
    this.offences = offences;
    this.wire = traffic;
    this.self = host.self;
    this.maxGossipBytes = options.maxGossipBytes;
    this.verdictDeadlineMs = verdictDeadlineMs(options.gossip.heartbeatMs);
    const quota = new RequestQuota(budget, {
      onRefused: (peer) => offences.askedTooMuch(peer),
      onSilent: (peer) => offences.askedNothing(peer),
    });
    this.quota = quota;
    this.gossip = new GossipRoom(host.node.gossip, {
      topics: options.topics,
      maxGossipBytes: options.maxGossipBytes,
      deadlineMs: this.verdictDeadlineMs,
      budget,
      onRejected: (peer) => offences.passedOnInvalid(peer),
      log: host.log,
    });
    this.outbox = new GossipOutbox(host.node.gossip, budget);
    this.guard = guardGossip(host.node.gossip, {
      budget,
      signal: this.stopping.signal,
      onOverrun: (peer, times) => offences.overran(peer, times),
      hasRoom: (peer, messages, bytes) => this.gossip.hasRoom(peer, messages, bytes),
      standing: (topic, wire) => this.gossip.standing(topic, wire),
      onFlood: (peer, dropped) => {
        host.log('debug', `${peer} sends faster than allowed: ${dropped} messages dropped`);
        offences.flooded(peer);
      },
    });
    this.streams = new DirectStreams(host, quota, budget);
    const blame = (peer: PeerId, points: number, reason: string): void =>
      offences.blame(peer, points, reason);
    this.pushes = new PushStreams(host, budget, blame, this.stopping.signal);
    const client = new BodyClient(host, options.maxBodyBytes, (peer, reason) => this.penalize(peer, reason));
    this.bodies = {
      server: new BodyServer(host, quota, budget, (digest) => client.isUnderWay(digest)),
      client,
    };
    this.neighbours = new Neighbours({ options, host, conduct, budget, streams: this.streams });
  }

  addresses(): readonly string[] {
    return this.state === 'started' ? this.host.addresses() : [];
  }

  async start(): Promise<void> {
    if (this.state !== 'new') throw new Error('internal error: a transport starts once');
    this.state = 'started';
    try {
      await this.neighbours.start();
    } catch (error) {
      await this.stop();
      throw listenFailure(error, this.options.listen);
    }
  }

  async stop(): Promise<void> {
    if (this.state === 'stopped') return;
    this.state = 'stopped';
    this.outbox.stop();
    this.stopping.abort();
    this.gossip.stop();
    this.options.bodiesOfProcess?.leave(this.self);
    await this.neighbours.stop();
  }

  subscribe(topic: string, handler: GossipHandler): void {
    this.gossip.subscribe(topic, handler);
  }

  unsubscribe(topic: string): void {
    this.gossip.unsubscribe(topic);
  }

  async publish(topic: string, data: Uint8Array): Promise<PublishReceipt> {
    this.assertStarted();
    return this.gossip.publish(topic, data);
  }

  subscribers(topic: string): readonly PeerId[] {
    return this.gossip.subscribers(topic);
  }

  async request(
    peer: PeerId,
    protocol: string,
    request: Uint8Array,
    options: RequestOptions,
  ): Promise<Uint8Array> {
    this.assertStarted();
    return this.streams.request(peer, protocol, request, options);
  }

  async handle(
    protocol: string,
    handler: RequestHandler,
    limits: { readonly maxRequestBytes: number },
  ): Promise<void> {
    await this.streams.handle(protocol, handler, limits.maxRequestBytes);
  }

  push(peer: PeerId, bytes: Uint8Array): boolean {
    return this.state === 'started' && this.pushes.push(peer, bytes);
  }

  async takePushes(handler: (bytes: Uint8Array, from: PeerId) => void, maxBytes: number): Promise<void> {
    await this.pushes.take(this.streams, handler, maxBytes);
  }

  async serveBodies(store: BodyStore): Promise<void> {
    await this.bodies.server.serve(store, this.streams);
    this.options.bodiesOfProcess?.serve(this.self, store, this.wire);
  }

  async fetchBody(
    digest: string,
    byteLength: number,
    from: readonly PeerId[],
    options: FetchOptions,
  ): Promise<Uint8Array> {
    this.assertStarted();
    const connected = from.filter((peer) => this.host.isConnected(peer));
    const near = this.options.bodiesOfProcess?.take(digest, byteLength, connected, this.wire);
    if (near === undefined) return this.bodies.client.fetch(digest, byteLength, from, options);
    for (let piece = 0; piece < pieceCount(byteLength); piece++) options.onPiece?.(near.from);
    return near.body;
  }

  penalize(peer: PeerId, reason: string, what: 'message' | 'answer' = 'message'): void {
    this.host.log('info', `${peer} is penalised: ${reason}`);
    this.offences.lied(peer, reason, what);
  }

  useSeats(isSeated: (peer: PeerId) => boolean): void {
    this.accounts.useSeats(isSeated);
  }

  mayCost(peer: PeerId, ...resources: readonly Resource[]): boolean {
    return this.accounts.allows(peer, ...resources);
  }

  charge(peer: PeerId, resource: Resource, units: number): void {
    this.accounts.charge(peer, resource, units);
  }

  budget(): readonly BudgetLine[] {
    return this.accounts.lines();
  }

  cutOff(): readonly CutOff[] {
    return this.conduct.cutOff(Date.now());
  }

  connections(): readonly Connection[] {
    return this.host.connections();
  }

  sizes(): Readonly<Record<string, number>> {
    const { gossip } = this.host.node;
    const seen = (gossip as unknown as { readonly seenCache: { readonly size: number } }).seenCache.size;
    const { payloads, pending } = this.gossip.sizes;
    return {
      connections: this.host.connections().length,
      accounts: this.accounts.size,
      conduct: this.conduct.size,
      'known-peers': this.neighbours.knownPeers,
      requests: this.quota.size,
      payloads,
      verdicts: pending,
      'paced-bytes': this.guard.pacedBytes(),
      'unsent-bytes': unsentBytes(this.host.node.libp2p),
      'seen-messages': seen,
      'passed-messages': this.outbox.size,
    };
  }

  lookForTwin(withinMs: number): Promise<void> {
    return this.neighbours.lookForTwin(withinMs);
  }

  unreachable(): readonly { readonly peer: PeerId; readonly why: string }[] {
    return this.host.dialMemory.unreachable();
  }

  connected(): readonly PeerId[] {
    return this.host.connectedPeers();
  }

  gossipsWith(): readonly PeerId[] {
    const { gossip } = this.host.node;
    return this.host.connectedPeers().filter((peer) => hearsGossip(gossip, peer));
  }

  links(): readonly PeerLink[] {
    return this.host.links();
  }

  onPeerChange(listener: (peer: PeerId, state: 'connected' | 'disconnected') => void): void {
    this.neighbours.onChange(listener);
  }

  keepConnected(addresses: readonly string[]): void {
    this.neighbours.keepConnected(addresses);
  }

  diagnose(): readonly string[] {
    return this.neighbours.diagnose();
  }

  traffic(): { readonly sentBytes: number; readonly receivedBytes: number } {
    return { sentBytes: this.wire.sentBytes, receivedBytes: this.wire.receivedBytes };
  }

  onBan(peer: PeerId, reason: string, untilMs: number): void {
    this.host.log('warn', `${peer} is banned until ${new Date(untilMs).toISOString()}: ${reason}`);
    this.host.drop(peer, `banned: ${reason}`);
  }

  onPrefixBan(prefix: string, reason: string, untilMs: number): void {
    const until = new Date(untilMs).toISOString();
    this.host.log('warn', `strangers at ${prefix} are banned until ${until}: ${reason}`);
    for (const peer of this.host.connectedPeers()) {
      if (!this.accounts.isSeated(peer) && this.accounts.prefixOf(peer) === prefix) {
        this.host.drop(peer, `banned: ${reason}`);
      }
    }
  }

  private assertStarted(): void {
    if (this.state !== 'started') throw new TransportError('closed', `the transport is ${this.state}`);
  }
}
