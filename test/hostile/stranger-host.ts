/**
 * A stranger on the network: a transport of the project with a fresh key and no seat (or with the one that it was given), which listens to everything, knows
 * the round that is played, and counts what it spends and how often it is turned away.
 */
import { randomBytes } from 'node:crypto';
import type { Libp2p } from '@libp2p/interface';
import { loadExperiment } from '../../src/config/experiment-file.ts';
import { experimentId, type Experiment } from '../../src/config/experiment.ts';
import type { PeerId } from '../../src/crypto/peer-id.ts';
import { PeerKey } from '../../src/crypto/peer-key.ts';
import { voteBytes } from '../../src/protocol/verification/statements.ts';
import { forgedVote } from './forged-messages.ts';
import { CHANNEL_OF, type Message } from '../../src/messages/message.ts';
import { MessageCodec } from '../../src/messages/message-codec.ts';
import { rebroadcastWire } from '../../src/network/gossip-wire.ts';
import { createLibp2pTransport } from '../../src/network/libp2p-transport.ts';
import { TransportError, type Transport } from '../../src/network/transport.ts';
import type { Libp2pTransportOptions } from '../../src/network/transport-options.ts';
import { topicsOf } from '../../src/driver/transport-network.ts';

export interface Target {
  readonly experimentFile: string;
  readonly addresses: readonly string[];
  readonly ids: readonly PeerId[];
  /** The seed of a key with a seat, in hexadecimal digits, for attackers that hold one. */
  readonly seatSeed?: string;
}

export class Expenses {
  messages = 0;
  bytes = 0;
  /** Connections refused or ended, answers of "busy", time-outs. */
  turnedAway = 0;
  /** Questions that victims asked it. */
  asked = 0;
  /** Processor time that the attackers' own process took. */
  cpuSeconds = 0;

  spend(bytes: number): void {
    this.messages += 1;
    this.bytes += bytes;
  }
}

export class StrangerHost {
  readonly transport: Transport;
  readonly codec: MessageCodec;
  readonly key: PeerKey;
  readonly target: Target;
  readonly expenses: Expenses;
  /** The newest round that anybody spoke of. */
  round = 0;
  /** The newest certified state that peers keep on their disks; at first one that nobody has. */
  newestState = randomBytes(32).toString('hex');
  readonly heard: { readonly topic: string; readonly data: Uint8Array }[] = [];
  private readonly topics: readonly string[];
  private readonly checkpointRounds: number;

  private constructor(
    transport: Transport,
    codec: MessageCodec,
    key: PeerKey,
    topics: readonly string[],
    target: Target,
    expenses: Expenses,
  ) {
    this.transport = transport;
    this.codec = codec;
    this.key = key;
    this.topics = topics;
    this.target = target;
    this.checkpointRounds = loadExperiment(target.experimentFile).checkpointRounds;
    this.expenses = expenses;
  }

  static async start(
    target: Target,
    expenses: Expenses,
    options: Partial<Libp2pTransportOptions> = {},
  ): Promise<StrangerHost> {
    const experiment: Experiment = loadExperiment(target.experimentFile);
    const id = experimentId(experiment);
    const { privateKeySeed = new Uint8Array(randomBytes(32)) } = options;
    const topics = topicsOf(id);
    const transport = await createLibp2pTransport({
      experiment: id,
      topics,
      listen: ['/ip4/127.0.0.1/tcp/0'],
      bootstrap: target.addresses,
      localNetwork: true,
      maxConnections: 2_000,
      ...options,
      privateKeySeed,
    });
    const { maxPeers } = experiment;
    const codec = new MessageCodec({
      maxPeers,
      maxContributionBytes: 1 << 20,
      maxUpdateBytes: 1 << 20,
      inlineBytes: 16_384,
    });
    const host = new StrangerHost(transport, codec, new PeerKey(privateKeySeed), topics, target, expenses);
    await transport.start();
    transport.onPeerChange((_peer, state) => {
      if (state === 'disconnected') expenses.turnedAway += 1;
    });
    for (const topic of topics) transport.subscribe(topic, ({ data }) => host.hear(topic, data));
    return host;
  }

  get libp2p(): Libp2p {
    return this.insides.libp2p;
  }

  /** As gossip, with a nonce of its own, past our own memory of what was sent. */
  gossip(topic: string, payload: Uint8Array): void {
    // who was cut off has nobody to send to, and should not take the victims' time by trying
    if (this.transport.connected().length === 0) return;
    const wire = rebroadcastWire(payload);
    this.expenses.spend(wire.length);
    this.insides.gossip.publish(topic, wire).catch(() => undefined);
  }

  topicOf(message: Message): string {
    return this.topics.find((topic) => topic.endsWith(`/${CHANNEL_OF[message.kind]}`)) ?? '';
  }

  say(message: Message): void {
    this.gossip(this.topicOf(message), this.codec.encode(message));
  }

  /** A vote that its author, this key, has signed. */
  signedVote(round: number): Message {
    const vote = forgedVote(round, this.key.id);
    const experiment = experimentId(loadExperiment(this.target.experimentFile));
    return { ...vote, signature: this.key.sign(voteBytes(experiment, vote, vote.value)) };
  }

  get anyTopic(): string {
    return this.topics.at(-1) ?? '';
  }

  /** Straight to a peer; undefined where no answer came. */
  async ask(peer: PeerId, protocol: string, request: Uint8Array): Promise<Uint8Array | undefined> {
    this.expenses.spend(request.length);
    try {
      const signal = AbortSignal.timeout(10_000);
      return await this.transport.request(peer, protocol, request, { signal, maxResponseBytes: 1 << 28 });
    } catch (error) {
      if (error instanceof TransportError) this.expenses.turnedAway += 1;
      return undefined;
    }
  }

  /** A body that nobody asked for; not counted where the victim does not read so fast. */
  pushTo(peer: PeerId, body: Uint8Array): void {
    if (this.transport.push(peer, body)) this.expenses.spend(body.length);
  }

  private hear(topic: string, data: Uint8Array): 'accept' {
    if (this.heard.length < MOST_HEARD) this.heard.push({ topic, data: Uint8Array.from(data) });
    const message = this.codec.decode(data);
    if (message?.kind === 'contribution') this.round = Math.max(this.round, message.round);
    if (message?.kind === 'decision' && (message.value.round + 1) % this.checkpointRounds === 0)
      this.newestState = message.outcome.applicationDigest;
    return 'accept';
  }

  private get insides(): { readonly libp2p: Libp2p; readonly gossip: Gossip } {
    return (this.transport as unknown as { host: { node: { libp2p: Libp2p; gossip: Gossip } } }).host.node;
  }
}

interface Gossip {
  publish(topic: string, data: Uint8Array): Promise<unknown>;
}

const MOST_HEARD = 3_000;
