/**
 * Who else is there: `peers/1` on a direct stream. A peer asks one that it is connected to, tells it its own addresses,
 * and gets addresses of peers that the other is connected to, those that it named first. Lines of text, bounded in
 * number and length; nothing is signed, since the handshake of the dial that follows proves the peer id.
 */
import { isEd25519, parseLearnedAddress } from './addresses.ts';
import type { SeededRandom } from '../foundation/seeded-random.ts';
import { utf8 } from '../foundation/bytes.ts';
import type { DirectStreams } from './direct-streams.ts';
import {
  EXCHANGE_INTERVAL_MS,
  MAX_ADDRESS_CHARS,
  MAX_ADDRESSES_PER_PEER,
  MAX_EXCHANGE_BYTES,
  MAX_PEERS_PER_ANSWER,
  MAX_WANTED_PEERS,
} from './limits.ts';
import type { NetworkHost } from './network-host.ts';
import type { PeerBook } from './peer-book.ts';
import type { PeerId } from '../crypto/peer-id.ts';
import { messageOf } from './transport-failure.ts';

export const PEERS_PROTOCOL = 'peers/1';
const LOCATE_ASK_AT_ONCE = 4;

export interface PeerQuestion {
  readonly self: readonly string[];
  readonly want: readonly PeerId[];
  /** Addresses of the asked peer at which the asker did not reach it. */
  readonly failed: readonly string[];
}

export function encodeQuestion(question: PeerQuestion): Uint8Array {
  const lines = [
    ...question.self.slice(0, MAX_ADDRESSES_PER_PEER).map((address) => `self ${address}`),
    ...question.want.slice(0, MAX_WANTED_PEERS).map((peer) => `want ${peer}`),
    ...question.failed.slice(0, MAX_ADDRESSES_PER_PEER).map((address) => `failed ${address}`),
  ];
  return utf8(lines.join('\n'));
}

/** Whatever of a question is well formed; lines beyond the limits are not read. */
export function decodeQuestion(bytes: Uint8Array): PeerQuestion {
  const lines = readLines(bytes, 2 * MAX_ADDRESSES_PER_PEER + MAX_WANTED_PEERS);
  const after = (word: string): string[] =>
    lines.filter((line) => line.startsWith(`${word} `)).map((line) => line.slice(word.length + 1));
  return {
    self: after('self').slice(0, MAX_ADDRESSES_PER_PEER),
    want: after('want').filter(isEd25519).slice(0, MAX_WANTED_PEERS),
    failed: after('failed').slice(0, MAX_ADDRESSES_PER_PEER),
  };
}

export function readLines(bytes: Uint8Array, most: number): string[] {
  if (bytes.length > MAX_EXCHANGE_BYTES) return [];
  const lines = new TextDecoder().decode(bytes).split('\n', most);
  return lines.filter((line) => line.length > 0 && line.length <= MAX_ADDRESS_CHARS + 7);
}

export class PeerExchange {
  private readonly stopped = new AbortController();
  private timer: NodeJS.Timeout | undefined;
  private readonly host: NetworkHost;
  private readonly streams: DirectStreams;
  private readonly book: PeerBook;
  private readonly random: SeededRandom;
  private readonly targetConnections: number;
  private readonly toldOf = new Set<string>();

  constructor(
    host: NetworkHost,
    streams: DirectStreams,
    book: PeerBook,
    random: SeededRandom,
    targetConnections: number,
  ) {
    this.host = host;
    this.streams = streams;
    this.book = book;
    this.random = random;
    this.targetConnections = targetConnections;
  }

  async start(): Promise<void> {
    await this.streams.handle(
      PEERS_PROTOCOL,
      (request, from) => Promise.resolve(this.answer(decodeQuestion(request), from)),
      MAX_EXCHANGE_BYTES,
    );
    this.timer = setInterval(() => this.tick(), EXCHANGE_INTERVAL_MS);
  }

  stop(): void {
    clearInterval(this.timer);
    this.stopped.abort();
  }

  /** Asks a peer that has just proved to be of this experiment. */
  greet(peer: PeerId): void {
    this.ask(peer, []).catch((error: unknown) => {
      if (!this.stopped.signal.aborted) this.host.log('debug', `peer exchange: ${messageOf(error)}`);
    });
  }

  /** Tells a peer at which of its own addresses it cannot be dialled. */
  tell(peer: PeerId, failed: readonly string[]): void {
    this.ask(peer, [], undefined, failed).catch((error: unknown) => {
      if (!this.stopped.signal.aborted) this.host.log('debug', `peer exchange: ${messageOf(error)}`);
    });
  }

  /** Asks some connected peers for the address of one that is not connected. */
  async locate(wanted: PeerId, signal: AbortSignal): Promise<void> {
    const asked = this.random.shuffle(this.host.connectedPeers()).slice(0, LOCATE_ASK_AT_ONCE);
    await Promise.allSettled(asked.map((peer) => this.ask(peer, [wanted], signal)));
  }

  private tick(): void {
    const peers = this.host.connectedPeers();
    if (peers.length === 0 || peers.length >= this.targetConnections) return;
    this.greet(peers[this.random.nextBelow(peers.length)] as PeerId);
  }

  private async ask(
    peer: PeerId,
    want: readonly PeerId[],
    signal?: AbortSignal,
    failed: readonly string[] = [],
  ): Promise<void> {
    const signals = signal === undefined ? [this.stopped.signal] : [this.stopped.signal, signal];
    const answer = await this.streams.request(
      peer,
      PEERS_PROTOCOL,
      encodeQuestion({ self: this.ownAddresses(), want, failed }),
      { signal: AbortSignal.any(signals), maxResponseBytes: MAX_EXCHANGE_BYTES },
    );
    for (const line of readLines(answer, MAX_PEERS_PER_ANSWER * MAX_ADDRESSES_PER_PEER))
      this.book.learn(line, peer);
  }

  private answer(question: PeerQuestion, from: PeerId): Uint8Array {
    for (const address of question.self) {
      if (parseLearnedAddress(address, true)?.peer === from) this.book.learn(address, from);
    }
    for (const address of question.failed) this.hearOfFailure(address, from);
    const connected = this.random.shuffle(this.host.connectedPeers().filter((peer) => peer !== from));
    const peers = [...new Set([...question.want, ...connected])].slice(0, MAX_PEERS_PER_ANSWER);
    const lines = peers.flatMap((peer) => this.book.addresses(peer).map((address) => address.toString()));
    return utf8(lines.filter((line) => line.length <= MAX_ADDRESS_CHARS).join('\n'));
  }

  /** Said once of each own address: it is for the operator to judge whether the one who told it may be believed. */
  private hearOfFailure(address: string, from: PeerId): void {
    if (this.toldOf.has(address) || !this.host.addresses().includes(address)) return;
    this.toldOf.add(address);
    this.host.log(
      'warn',
      `${from} could not dial this peer at ${address}: such peers depend on the connections that this one makes;` +
        ' open the port, forward it, or name the address that others reach with --announce',
    );
  }

  private ownAddresses(): string[] {
    return this.host.addresses().filter((address) => parseLearnedAddress(address, true) !== undefined);
  }
}
