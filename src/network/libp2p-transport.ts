/** The Transport over libp2p: wires the parts of this room and owns their start and end. */
import type { Connection, IdentifyResult, PeerId as Libp2pPeerId } from '@libp2p/interface';
import { SeededRandom } from '../foundation/seeded-random.ts';
import { withPeer } from './addresses.ts';
import { parseOperatorAddress } from './operator-address.ts';
import { BodyClient } from './body-client.ts';
import { BodyServer } from './body-server.ts';
import { connectionGate } from './connection-gate.ts';
import { Connector } from './connector.ts';
import { DialBack } from './dial-back.ts';
import { DirectStreams } from './direct-streams.ts';
import { guardGossip } from './gossip-guard.ts';
import { verdictDeadlineMs } from './gossip-parameters.ts';
import { GossipRoom } from './gossip-room.ts';
import { confirmPublicAddresses, createNode } from './libp2p-node.ts';
import { listenFailure } from './listen-failure.ts';
import {
  CROWDING_POINTS,
  FALSE_ANSWER_POINTS,
  OVERRUN_POINTS,
  PENALTY_POINTS,
  REBROADCAST_INTERVAL_MS,
  REFUSED_QUESTION_POINTS,
  SILENT_STREAM_POINTS,
} from './limits.ts';
import { MeshWatch } from './mesh-watch.ts';
import { NetworkHost } from './network-host.ts';
import { PeerBudget, type BudgetLine } from './peer-budget.ts';
import { PeerBook } from './peer-book.ts';
import { identifyPeer } from './peer-identity.ts';
import { PeerConduct, type CutOff } from './peer-conduct.ts';
import type { Resource } from './budget-table.ts';
import { PeerExchange } from './peer-exchange.ts';
import { PushStreams } from './push-streams.ts';
import { RequestQuota } from './request-quota.ts';
import { Strangers } from './strangers.ts';
import { TransportError } from './transport.ts';
import { TwinWatch } from './twin-watch.ts';
import type { PeerId } from '../crypto/peer-id.ts';
import type { BodyStore, FetchOptions, GossipHandler, PeerLink } from './transport.ts';
import type { PublishReceipt, RequestHandler, RequestOptions, Transport } from './transport.ts';
import { resolveOptions } from './transport-options.ts';
import type { Libp2pTransportOptions, ResolvedOptions } from './transport-options.ts';
import { WireTraffic } from './wire-traffic.ts';

const FLOOD_POINTS = 2;

/** Builds a transport; nothing listens or dials before `start()`. Throws an OperatorError for an invalid option. */
export async function createLibp2pTransport(options: Libp2pTransportOptions): Promise<Transport> {
  const resolved = resolveOptions(options);
  const log: NetworkHost['log'] = (level, message) => resolved.log({ level, message });
  const budget = new PeerBudget();
  const traffic = new WireTraffic(budget);
  const late: { transport?: Libp2pTransport } = {};
  const conduct = new PeerConduct({
    onBan: (peer, reason, untilMs) => late.transport?.onBan(peer, reason, untilMs),
    onPrefixBan: (prefix, reason, untilMs) => late.transport?.onPrefixBan(prefix, reason, untilMs),
    strangerPrefix: (peer) => (budget.isSeated(peer) ? undefined : budget.prefixOf(peer)),
  });
  const node = await createNode(resolved, {
    gate: (self) =>
      connectionGate(self, {
        conduct,
        budget,
        maxConnections: resolved.maxConnections,
        connections: () => late.transport?.connections() ?? [],
        onRefused: (peer, why) => log('debug', `refused ${peer}: ${why}`),
        onCrowding: (peer) =>
          conduct.penalize(peer, CROWDING_POINTS, 'wants more connections than its share', Date.now()),
        onOwnKey: (address, direction) => late.transport?.onOwnKey(address, direction),
      }),
    metrics: traffic.metrics,
    appScore: (peer) => conduct.score(peer, Date.now()),
    onMdns: (peer) => late.transport?.onMdns(peer.id.toString(), peer.multiaddrs.map(String)),
  });
  late.transport = new Libp2pTransport(
    resolved,
    new NetworkHost(node, resolved.experiment, resolved.times, log),
    conduct,
    budget,
    traffic,
  );
  return late.transport;
}

class Libp2pTransport implements Transport {
  readonly self: PeerId;
  readonly maxGossipBytes: number;
  readonly verdictDeadlineMs: number;
  readonly rebroadcastIntervalMs = REBROADCAST_INTERVAL_MS;
  private readonly members = new Set<PeerId>();
  private readonly peerListeners = new Set<(peer: PeerId, state: 'connected' | 'disconnected') => void>();
  private ownKeySeenAt: string | undefined;
  private state: 'new' | 'started' | 'stopped' = 'new';
  private readonly options: ResolvedOptions;
  private readonly host: NetworkHost;
  private readonly conduct: PeerConduct;
  private readonly accounts: PeerBudget;
  private readonly quota: RequestQuota;
  private readonly guard: ReturnType<typeof guardGossip>;
  private readonly stopping = new AbortController();
  private readonly wire: WireTraffic;
  private readonly gossip: GossipRoom;
  private readonly streams: DirectStreams;
  private readonly pushes: PushStreams;
  private readonly bodies: { readonly server: BodyServer; readonly client: BodyClient };
  private readonly book: PeerBook;
  private readonly connector: Connector;
  private readonly exchange: PeerExchange;
  private readonly watch: MeshWatch;
  private readonly dialBack: DialBack;
  private readonly twins: TwinWatch;
  private readonly strangers: Strangers;

  constructor(
    options: ResolvedOptions,
    host: NetworkHost,
    conduct: PeerConduct,
    budget: PeerBudget,
    wire: WireTraffic,
  ) {
    this.options = options;
    this.accounts = budget;
    this.host = host;
    this.conduct = conduct;
    this.wire = wire;
    this.self = host.self;
    this.maxGossipBytes = options.maxGossipBytes;
    this.verdictDeadlineMs = verdictDeadlineMs(options.gossip.heartbeatMs);
    const seed = options.seed ?? host.self;
    const overran = (peer: PeerId, times = 1): void =>
      conduct.penalize(peer, OVERRUN_POINTS * times, 'wants more than it may cost', Date.now());
    const quota = new RequestQuota(budget, {
      onRefused: (peer) => {
        const points = budget.isSeated(peer) ? OVERRUN_POINTS : REFUSED_QUESTION_POINTS;
        conduct.penalize(peer, points, 'asks more than it may', Date.now());
      },
      // a seat is not blamed: its question may be here already, unread, where it is this process that has stood still
      onSilent: (peer) => {
        if (budget.isSeated(peer)) return;
        conduct.penalize(peer, SILENT_STREAM_POINTS, 'opens streams and asks nothing', Date.now());
      },
    });
    this.quota = quota;
    this.gossip = new GossipRoom(host.node.gossip, {
      topics: options.topics,
      maxGossipBytes: options.maxGossipBytes,
      deadlineMs: this.verdictDeadlineMs,
      budget,
      onRejected: (peer) =>
        conduct.penalize(peer, PENALTY_POINTS, 'passed on an invalid message', Date.now()),
      log: host.log,
    });
    this.guard = guardGossip(host.node.gossip, {
      budget,
      signal: this.stopping.signal,
      onOverrun: overran,
      hasRoom: (peer, messages, bytes) => this.gossip.hasRoom(peer, messages, bytes),
      standing: (topic, wire) => this.gossip.standing(topic, wire),
      onFlood: (peer, dropped) => {
        host.log('debug', `${peer} sends faster than allowed: ${dropped} messages dropped`);
        conduct.penalize(peer, FLOOD_POINTS, 'sends faster than allowed', Date.now());
      },
    });
    this.streams = new DirectStreams(host, quota, budget);
    const blame = (peer: PeerId, points: number, reason: string): void =>
      conduct.penalize(peer, points, reason, Date.now());
    this.pushes = new PushStreams(host, budget, blame, this.stopping.signal);
    const client = new BodyClient(host, options.maxBodyBytes, (peer, reason) => this.penalize(peer, reason));
    this.bodies = {
      server: new BodyServer(host, quota, budget, (digest) => client.isUnderWay(digest)),
      client,
    };
    this.book = new PeerBook(host.self, options.localNetwork);
    this.connector = new Connector(host, this.book, {
      targetConnections: options.targetConnections,
      random: new SeededRandom(seed, 'redial'),
      isBanned: (peer) => conduct.ban(peer, Date.now())?.reason,
    });
    const exchangeRandom = new SeededRandom(seed, 'peer-exchange');
    this.exchange = new PeerExchange(
      host,
      this.streams,
      this.book,
      exchangeRandom,
      options.targetConnections,
    );
    this.dialBack = new DialBack({
      allowPrivate: options.localNetwork,
      timeoutMs: options.times.dialMs,
      onFailed: (peer, addresses) => this.exchange.tell(peer, addresses),
    });
    this.strangers = new Strangers(host);
    this.twins = new TwinWatch(options.privateKeySeed, {
      host,
      streams: this.streams,
      isSeated: (peer) => budget.isSeated(peer),
      onTwin: options.onTwin,
    });
    this.watch = new MeshWatch(host, options.times.mutedMs, (peer) => this.members.has(peer));
    host.useLocator(async (peer, signal) => {
      if (this.book.addresses(peer).length === 0) await this.exchange.locate(peer, signal);
      return this.book.addresses(peer);
    });
    this.keepConnected(options.bootstrap);
  }

  addresses(): readonly string[] {
    return this.state === 'started' ? this.host.addresses() : [];
  }

  async start(): Promise<void> {
    if (this.state !== 'new') throw new Error('internal error: a transport starts once');
    this.state = 'started';
    const { libp2p } = this.host.node;
    libp2p.addEventListener('peer:connect', this.onConnect);
    libp2p.addEventListener('peer:disconnect', this.onDisconnect);
    libp2p.addEventListener('peer:identify', this.onIdentify);
    try {
      await this.exchange.start();
      await this.twins.start();
      await libp2p.start();
    } catch (error) {
      await this.stop();
      throw listenFailure(error, this.options.listen);
    }
    confirmPublicAddresses(this.host.node.addressManager);
    this.connector.start();
    this.watch.start();
  }

  async stop(): Promise<void> {
    if (this.state === 'stopped') return;
    this.state = 'stopped';
    this.stopping.abort();
    this.connector.stop();
    this.exchange.stop();
    this.dialBack.stop();
    this.twins.stop();
    this.strangers.stop();
    this.watch.stop();
    this.gossip.stop();
    const { libp2p } = this.host.node;
    libp2p.removeEventListener('peer:connect', this.onConnect);
    libp2p.removeEventListener('peer:disconnect', this.onDisconnect);
    libp2p.removeEventListener('peer:identify', this.onIdentify);
    await libp2p.stop();
    this.peerListeners.clear();
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
  }

  async fetchBody(
    digest: string,
    byteLength: number,
    from: readonly PeerId[],
    options: FetchOptions,
  ): Promise<Uint8Array> {
    this.assertStarted();
    return this.bodies.client.fetch(digest, byteLength, from, options);
  }

  penalize(peer: PeerId, reason: string, what: 'message' | 'answer' = 'message'): void {
    this.host.log('info', `${peer} is penalised: ${reason}`);
    const points = what === 'answer' ? FALSE_ANSWER_POINTS : PENALTY_POINTS;
    this.conduct.penalize(peer, points, reason, Date.now());
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
      'known-peers': this.book.size,
      requests: this.quota.size,
      payloads,
      verdicts: pending,
      'paced-bytes': this.guard.pacedBytes(),
      'seen-messages': seen,
    };
  }

  lookForTwin(withinMs: number): Promise<void> {
    return this.twins.firstAnswer(withinMs);
  }

  unreachable(): readonly { readonly peer: PeerId; readonly why: string }[] {
    return this.host.dialMemory.unreachable();
  }

  connected(): readonly PeerId[] {
    return this.host.connectedPeers();
  }

  links(): readonly PeerLink[] {
    return this.host.links();
  }

  onPeerChange(listener: (peer: PeerId, state: 'connected' | 'disconnected') => void): void {
    this.peerListeners.add(listener);
  }

  keepConnected(addresses: readonly string[]): void {
    this.connector.keep(
      addresses.map((address) => parseOperatorAddress(address, 'network.bootstrap', 'bootstrap')),
    );
  }

  diagnose(): readonly string[] {
    const lines = this.connector.diagnose();
    if (this.ownKeySeenAt !== undefined)
      lines.push(
        `${this.ownKeySeenAt} came with this peer's own key: the same key runs twice, or an address of ours leads back to us`,
      );
    return lines;
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

  onOwnKey(address: string, direction: 'inbound' | 'outbound'): void {
    this.twins.sawOwnKey(address, direction);
    if (direction === 'inbound') this.ownKeySeenAt = address;
  }

  onMdns(peer: PeerId, addresses: readonly string[]): void {
    for (const address of addresses) this.book.learn(withPeer(address, peer), peer, true);
  }

  private readonly onConnect = (event: CustomEvent<Libp2pPeerId>): void => {
    this.host.dialMemory.reached(event.detail.toString());
    for (const listener of this.peerListeners) listener(event.detail.toString(), 'connected');
  };

  private readonly onDisconnect = (event: CustomEvent<Libp2pPeerId>): void => {
    const peer = event.detail.toString();
    if (this.members.delete(peer)) this.book.lost(peer, Date.now());
    for (const listener of this.peerListeners) listener(peer, 'disconnected');
  };

  private readonly onIdentify = (event: CustomEvent<IdentifyResult>): void => {
    const peer = event.detail.peerId.toString();
    const answer = identifyPeer(event.detail, this.options);
    switch (answer.kind) {
      case 'relay':
        return;
      case 'stranger':
        this.connector.note(peer, answer.why);
        this.strangers.letGo(peer, answer.why, event.detail.connection.remoteAddr.toString());
        return;
      case 'member': {
        const isNew = !this.members.has(peer);
        this.members.add(peer);
        for (const address of answer.addresses) this.book.learn(address, peer);
        if (isNew) this.twins.ask(peer);
        if (isNew && event.detail.connection.direction === 'inbound')
          this.dialBack.check(peer, answer.addresses);
        if (isNew && this.host.connectedPeers().length < this.options.targetConnections)
          this.exchange.greet(peer);
      }
    }
  };

  private assertStarted(): void {
    if (this.state !== 'started') throw new TransportError('closed', `the transport is ${this.state}`);
  }
}
