/**
 * Peers that pass messages on by `GossipRelays`, over links with delays, in virtual time: what gossip-outbox.ts does with it,
 * without libp2p. Each peer tells its neighbours which messages it has, but for the one that it had a message from.
 */
import { EventHeap } from '../../simulations/event-heap.ts';
import { GossipRelays } from '../../src/network/gossip-relays.ts';
import { HAVE_WAIT_MS } from '../../src/network/limits.ts';

export type Conduct =
  | 'honest'
  /** Says that it has every message as soon as it hears of one, and passes nothing on. */
  | 'hoarder'
  /** Reads and says nothing. */
  | 'mute';

export interface Link {
  readonly between: readonly [string, string];
  readonly delayMs: number;
}

interface Peer {
  readonly name: string;
  conduct: Conduct;
  readonly neighbours: Map<string, number>;
  readonly relays: GossipRelays<string>;
  /** When each message came. */
  readonly had: Map<string, number>;
  /** When the relays are asked next. */
  nextAskMs: number;
}

export class RelayNetwork {
  /** Messages that were sent over links, copies among them. */
  sent = 0;
  private nowMs = 0;
  private readonly events = new EventHeap();
  private readonly peers = new Map<string, Peer>();

  constructor(conducts: ReadonlyMap<string, Conduct>, links: readonly Link[]) {
    for (const [name, conduct] of conducts) {
      const relays = new GossipRelays<string>();
      this.peers.set(name, {
        ...{ name, conduct, relays, nextAskMs: Infinity },
        ...{ neighbours: new Map(), had: new Map() },
      });
    }
    for (const { between, delayMs } of links) {
      const [a, b] = between;
      this.of(a).neighbours.set(b, delayMs);
      this.of(b).neighbours.set(a, delayMs);
    }
  }

  /** An author sends to everybody that it is connected to. */
  publish(author: string, message: string, atMs: number): void {
    this.at(atMs, () => {
      const peer = this.of(author);
      peer.had.set(message, this.nowMs);
      for (const neighbour of peer.neighbours.keys()) this.send(peer, neighbour, message);
    });
  }

  /** The peer is gone from then on. */
  leave(name: string, atMs: number): void {
    this.at(atMs, () => {
      const peer = this.of(name);
      peer.conduct = 'mute';
      for (const other of peer.neighbours.keys()) {
        this.of(other).neighbours.delete(name);
        this.of(other).relays.forget(name);
      }
    });
  }

  run(): void {
    for (let due = this.events.pop(); due !== undefined; due = this.events.pop()) {
      this.nowMs = due.at;
      due.run();
    }
  }

  /** When a peer had a message; undefined where it never did. */
  arrival(name: string, message: string): number | undefined {
    return this.of(name).had.get(message);
  }

  private of(name: string): Peer {
    const peer = this.peers.get(name);
    if (peer === undefined) throw new Error(`there is no peer ${name}`);
    return peer;
  }

  private at(atMs: number, run: () => void): void {
    this.events.push(atMs, run);
  }

  private send(from: Peer, to: string, message: string): void {
    const delayMs = from.neighbours.get(to);
    if (delayMs === undefined) return;
    this.sent += 1;
    this.at(this.nowMs + delayMs, () => this.receive(this.of(to), from.name, message));
  }

  private receive(peer: Peer, from: string, message: string): void {
    const { relays, had, conduct, neighbours } = peer;
    if (conduct === 'mute') return;
    // a copy shows that its sender has the message
    relays.shown(from, message, this.nowMs);
    if (had.has(message)) return;
    had.set(message, this.nowMs);
    for (const neighbour of neighbours.keys()) {
      if (neighbour !== from) this.tell(peer, neighbour, message);
      if (neighbour === from || conduct === 'hoarder') continue;
      if (relays.offer(neighbour, message, from, message, this.nowMs)) this.send(peer, neighbour, message);
    }
    this.ask(peer);
  }

  private tell(peer: Peer, to: string, message: string): void {
    const waitMs = peer.conduct === 'hoarder' ? 0 : HAVE_WAIT_MS;
    this.at(this.nowMs + waitMs + (peer.neighbours.get(to) ?? 0), () => {
      const other = this.of(to);
      if (other.conduct !== 'mute') other.relays.shown(peer.name, message, this.nowMs);
    });
  }

  private ask(peer: Peer): void {
    const waitMs = peer.relays.waitMs(this.nowMs);
    if (waitMs === undefined || peer.nextAskMs <= this.nowMs + waitMs) return;
    peer.nextAskMs = this.nowMs + Math.ceil(waitMs); // timers go by whole milliseconds
    this.at(peer.nextAskMs, () => {
      peer.nextAskMs = Infinity;
      for (const { peer: neighbour, messages } of peer.relays.due(this.nowMs))
        for (const message of messages) this.send(peer, neighbour, message);
      this.ask(peer);
    });
  }
}
