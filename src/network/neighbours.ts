/**
 * Who is connected and what follows from it: members of the run are remembered and told of others, strangers are let
 * go, twins are asked for. Owns everything that looks for peers.
 */
import type { IdentifyResult, PeerId as Libp2pPeerId } from '@libp2p/interface';
import type { PeerId } from '../crypto/peer-id.ts';
import { SeededRandom } from '../foundation/seeded-random.ts';
import { withPeer } from './addresses.ts';
import { Connector } from './connector.ts';
import { DialBack } from './dial-back.ts';
import type { DirectStreams } from './direct-streams.ts';
import { confirmPublicAddresses } from './libp2p-node.ts';
import { MeshWatch } from './mesh-watch.ts';
import type { NetworkHost } from './network-host.ts';
import { parseOperatorAddress } from './operator-address.ts';
import type { PeerBudget } from './peer-budget.ts';
import { PeerBook } from './peer-book.ts';
import type { PeerConduct } from './peer-conduct.ts';
import { PeerExchange } from './peer-exchange.ts';
import { identifyPeer } from './peer-identity.ts';
import { Strangers } from './strangers.ts';
import type { ResolvedOptions } from './transport-options.ts';
import { TwinWatch } from './twin-watch.ts';

type PeerListener = (peer: PeerId, state: 'connected' | 'disconnected') => void;

export interface NeighboursParts {
  readonly options: ResolvedOptions;
  readonly host: NetworkHost;
  readonly conduct: PeerConduct;
  readonly budget: PeerBudget;
  readonly streams: DirectStreams;
}

export class Neighbours {
  private readonly members = new Set<PeerId>();
  private readonly listeners = new Set<PeerListener>();
  private ownKeySeenAt: string | undefined;
  private readonly options: ResolvedOptions;
  private readonly host: NetworkHost;
  private readonly book: PeerBook;
  private readonly connector: Connector;
  private readonly exchange: PeerExchange;
  private readonly watch: MeshWatch;
  private readonly dialBack: DialBack;
  /** Hosts of one process have a key each. */
  private readonly twins: TwinWatch | undefined;
  private readonly strangers: Strangers;

  constructor({ options, host, conduct, budget, streams }: NeighboursParts) {
    this.options = options;
    this.host = host;
    const seed = options.seed ?? host.self;
    this.book = new PeerBook(host.self, options.localNetwork);
    this.connector = new Connector(host, this.book, {
      targetConnections: options.targetConnections,
      random: new SeededRandom(seed, 'redial'),
      isBanned: (peer) => conduct.ban(peer, Date.now())?.reason,
    });
    const random = new SeededRandom(seed, 'peer-exchange');
    this.exchange = new PeerExchange(host, streams, this.book, random, options.targetConnections);
    this.dialBack = new DialBack({
      allowPrivate: options.localNetwork,
      timeoutMs: options.times.dialMs,
      onFailed: (peer, addresses) => this.exchange.tell(peer, addresses),
    });
    this.strangers = new Strangers(host);
    if (!options.oneProcess)
      this.twins = new TwinWatch(options.privateKeySeed, {
        host,
        streams,
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

  /** Starts libp2p as well. */
  async start(): Promise<void> {
    const { libp2p } = this.host.node;
    libp2p.addEventListener('peer:connect', this.onConnect);
    libp2p.addEventListener('peer:disconnect', this.onDisconnect);
    libp2p.addEventListener('peer:identify', this.onIdentify);
    await this.exchange.start();
    await this.twins?.start();
    await libp2p.start();
    confirmPublicAddresses(this.host.node.addressManager);
    this.connector.start();
    this.watch.start();
  }

  async stop(): Promise<void> {
    this.connector.stop();
    this.exchange.stop();
    this.dialBack.stop();
    this.twins?.stop();
    this.strangers.stop();
    this.watch.stop();
    const { libp2p } = this.host.node;
    libp2p.removeEventListener('peer:connect', this.onConnect);
    libp2p.removeEventListener('peer:disconnect', this.onDisconnect);
    libp2p.removeEventListener('peer:identify', this.onIdentify);
    await libp2p.stop();
    this.listeners.clear();
  }

  /** Peers whose addresses are known. */
  get knownPeers(): number {
    return this.book.size;
  }

  onChange(listener: PeerListener): void {
    this.listeners.add(listener);
  }

  keepConnected(addresses: readonly string[]): void {
    this.connector.keep(
      addresses.map((address) => parseOperatorAddress(address, 'network.bootstrap', 'bootstrap')),
    );
  }

  lookForTwin(withinMs: number): Promise<void> {
    return this.twins?.firstAnswer(withinMs) ?? Promise.resolve();
  }

  diagnose(): readonly string[] {
    const lines = this.connector.diagnose();
    if (this.ownKeySeenAt !== undefined)
      lines.push(
        `${this.ownKeySeenAt} came with this peer's own key: the same key runs twice, or an address of ours leads back to us`,
      );
    return lines;
  }

  sawOwnKey(address: string, direction: 'inbound' | 'outbound'): void {
    this.twins?.sawOwnKey(address, direction);
    if (direction === 'inbound') this.ownKeySeenAt = address;
  }

  /** Found on the local network. */
  found(peer: PeerId, addresses: readonly string[]): void {
    for (const address of addresses) this.book.learn(withPeer(address, peer), peer, true);
  }

  private readonly onConnect = (event: CustomEvent<Libp2pPeerId>): void => {
    this.host.dialMemory.reached(event.detail.toString());
    for (const listener of this.listeners) listener(event.detail.toString(), 'connected');
  };

  private readonly onDisconnect = (event: CustomEvent<Libp2pPeerId>): void => {
    const peer = event.detail.toString();
    if (this.members.delete(peer)) this.book.lost(peer, Date.now());
    for (const listener of this.listeners) listener(peer, 'disconnected');
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
        if (!isNew || this.options.oneProcess) return;
        this.twins?.meet(peer);
        if (event.detail.connection.direction === 'inbound') this.dialBack.check(peer, answer.addresses);
        if (this.host.connectedPeers().length < this.options.targetConnections) this.exchange.greet(peer);
      }
    }
  };
}
