/**
 * Tries whether a peer that came to us can be dialled at the addresses that it gives to others, and tells it where none
 * answers: behind a firewall it has no other way to know. A bare TCP connection, closed at once: a second libp2p
 * connection to the same peer would take its gossip stream with it when it ends.
 */
import { createConnection, type Socket } from 'node:net';
import type { Multiaddr } from '@multiformats/multiaddr';
import { isRelayed, parseLearnedAddress } from './addresses.ts';
import { MAX_ADDRESSES_PER_PEER, MAX_DIAL_BACKS, MAX_KNOWN_PEERS } from './limits.ts';
import type { PeerId } from '../crypto/peer-id.ts';

export interface DialBackOptions {
  readonly allowPrivate: boolean;
  readonly timeoutMs: number;
  /** None of the peer's addresses could be reached. */
  readonly onFailed: (peer: PeerId, addresses: readonly string[]) => void;
}

export class DialBack {
  private readonly tried = new Set<PeerId>();
  private readonly sockets = new Set<Socket>();
  private stopped = false;
  private running = 0;
  private readonly options: DialBackOptions;

  constructor(options: DialBackOptions) {
    this.options = options;
  }

  stop(): void {
    this.stopped = true;
    for (const socket of this.sockets) socket.destroy();
  }

  /** A peer dialled us and said where it listens; tried once, and not where it says nothing that may be dialled. */
  check(peer: PeerId, addresses: readonly string[]): void {
    if (this.tried.has(peer) || this.tried.size >= MAX_KNOWN_PEERS || this.running >= MAX_DIAL_BACKS) return;
    const dialable = addresses
      .map((text) => parseLearnedAddress(text, this.options.allowPrivate))
      .flatMap((parsed) => (parsed?.peer === peer && hasPort(parsed.address) ? [parsed.address] : []))
      .slice(0, MAX_ADDRESSES_PER_PEER);
    if (dialable.length === 0) return;
    this.tried.add(peer);
    this.running += 1;
    void Promise.all(dialable.map((address) => this.answers(address))).then((answers) => {
      this.running -= 1;
      if (this.stopped || answers.includes(true)) return;
      const addresses = dialable.map((address) => address.toString());
      this.options.onFailed(peer, addresses);
    });
  }

  private answers(address: Multiaddr): Promise<boolean> {
    const { address: host, port } = address.nodeAddress();
    return new Promise((resolve) => {
      const socket = createConnection({ host, port });
      this.sockets.add(socket);
      const finish = (answered: boolean): void => {
        clearTimeout(timer);
        this.sockets.delete(socket);
        socket.destroy();
        resolve(answered);
      };
      const timer = setTimeout(() => finish(false), this.options.timeoutMs);
      socket.once('connect', () => finish(true));
      socket.on('error', () => finish(false));
      socket.once('close', () => finish(false));
    });
  }
}

function hasPort(address: Multiaddr): boolean {
  return address.protoNames().includes('tcp') && !isRelayed(address);
}
