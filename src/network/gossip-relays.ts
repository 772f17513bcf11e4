/**
 * Which accepted messages neighbours are given at once, and which only where they do not say that they have them.
 * An author sends to everybody it is connected to, so where most are connected to most, what is passed on is a copy of
 * what is there already. A neighbour that has a message from elsewhere shows it: by a copy, or by its id (IDONTWANT,
 * gossipsub v1.2), neither of which goes to whom it first had the message from. Who
 * has shown most of the messages that came here from one source (each counts for one, one that it never showed against
 * two) is expected to have the next one of that source as well: it waits, and goes only if the neighbour has not shown it
 * after RELAY_WAIT_MS. Where neighbours depend on us nothing waits. Who claims to have what it has not keeps it from
 * nobody but itself.
 */
import {
  MAX_WATCHED_RELAYS,
  MAX_WATCHED_SOURCES,
  RELAY_SHOWN_MS,
  RELAY_CREDIT,
  RELAY_WAIT_MS,
} from './limits.ts';
import type { PeerId } from '../crypto/peer-id.ts';

/** So that half of a source's messages being needed is enough for none to wait. */
const COST_OF_A_NEED = 2;

interface Relay<T> {
  readonly source: PeerId;
  readonly atMs: number;
  /** What is to be sent; undefined once it was. */
  message: T | undefined;
}

interface Neighbour<T> {
  /** By id, oldest first. */
  readonly relays: Map<string, Relay<T>>;
  /** By source: how far it is known to have what comes from there. */
  readonly credit: Map<PeerId, number>;
}

export class GossipRelays<T> {
  private readonly neighbours = new Map<PeerId, Neighbour<T>>();

  /** Whether the message is to be sent at once; else `due` gives it later, if it is needed then. */
  offer(peer: PeerId, id: string, source: PeerId, message: T, nowMs: number): boolean {
    const neighbour = this.of(peer);
    const { relays, credit } = neighbour;
    forgetOld(neighbour, nowMs);
    if (relays.size >= MAX_WATCHED_RELAYS) return true;
    const isUrgent = (credit.get(source) ?? 0) < RELAY_CREDIT;
    relays.set(id, { source, atMs: nowMs, message: isUrgent ? undefined : message });
    return isUrgent;
  }

  /** The neighbour has a message of the source, and not from here. */
  has(peer: PeerId, source: PeerId): void {
    const { credit } = this.of(peer);
    if (credit.size >= MAX_WATCHED_SOURCES && !credit.has(source)) credit.clear();
    credit.set(source, Math.min(2 * RELAY_CREDIT, (credit.get(source) ?? 0) + 1));
  }

  /** The same of a message that may have been offered. */
  shown(peer: PeerId, id: string): void {
    const relays = this.neighbours.get(peer)?.relays;
    const relay = relays?.get(id);
    if (relay === undefined) return;
    relays?.delete(id);
    this.has(peer, relay.source);
  }

  /** What has waited long enough, in the order in which it came. */
  due(nowMs: number): readonly { readonly peer: PeerId; readonly messages: readonly T[] }[] {
    const found: { peer: PeerId; messages: T[] }[] = [];
    for (const [peer, { relays }] of this.neighbours) {
      const messages: T[] = [];
      for (const relay of relays.values()) {
        if (nowMs - relay.atMs < RELAY_WAIT_MS) break;
        if (relay.message !== undefined) messages.push(relay.message);
        relay.message = undefined;
      }
      if (messages.length > 0) found.push({ peer, messages });
    }
    return found;
  }

  /** When `due` is to be asked next, as a wait in milliseconds; undefined where nothing waits. */
  waitMs(nowMs: number): number | undefined {
    let least: number | undefined;
    for (const { relays } of this.neighbours.values()) {
      for (const { atMs, message } of relays.values()) {
        if (message === undefined) continue;
        const waitMs = Math.max(0, atMs + RELAY_WAIT_MS - nowMs);
        if (least === undefined || waitMs < least) least = waitMs;
        break;
      }
    }
    return least;
  }

  /** Messages that are watched. */
  get size(): number {
    return [...this.neighbours.values()].reduce((sum, { relays }) => sum + relays.size, 0);
  }

  forget(peer: PeerId): void {
    this.neighbours.delete(peer);
  }

  private of(peer: PeerId): Neighbour<T> {
    let neighbour = this.neighbours.get(peer);
    if (neighbour === undefined)
      this.neighbours.set(peer, (neighbour = { relays: new Map(), credit: new Map() }));
    return neighbour;
  }
}

/** What was sent and never shown was needed. */
function forgetOld<T>({ relays, credit }: Neighbour<T>, nowMs: number): void {
  for (const [id, { atMs, source, message }] of relays) {
    if (message !== undefined || nowMs - atMs < RELAY_SHOWN_MS) return;
    relays.delete(id);
    credit.set(source, Math.max(0, (credit.get(source) ?? 0) - COST_OF_A_NEED));
  }
}
