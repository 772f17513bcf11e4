/**
 * Which accepted messages neighbours are given at once, and which only where they do not show that they have them, after
 * Plumtree (Leitao, Pereira, Rodrigues, "Epidemic Broadcast Trees", SRDS 2007): one copy runs along a tree, and the other
 * paths stand by. An author sends to everybody it is connected to, so where most are connected to most, all that is
 * passed on is copies. A neighbour that has a message from elsewhere shows it: by a copy, or by its id (IDONTWANT of
 * gossipsub v1.2), neither of which goes to whom it first had the message from. So a message waits for its neighbour's
 * sign, twice as long as signs of that neighbour take, and then goes without one. Where one had to go, the next EAGER_MESSAGES of the same source go to that
 * neighbour at once, and then one waits again; a sign that comes late, since it crossed the message, ends that.
 * Who claims to have what it has not keeps it from nobody but itself.
 */
import {
  EAGER_MESSAGES,
  LEAST_RELAY_WAIT_MS,
  LONGEST_RELAY_WAIT_MS,
  MAX_WATCHED_RELAYS,
  MAX_WATCHED_SOURCES,
  RELAY_SHOWN_MS,
} from './limits.ts';
import type { PeerId } from '../crypto/peer-id.ts';

interface Relay<T> {
  readonly source: PeerId;
  readonly atMs: number;
  /** What is to be sent; undefined once it was. */
  message: T | undefined;
}

interface Neighbour<T> {
  /** By id, oldest first. */
  readonly relays: Map<string, Relay<T>>;
  /** How many more messages of a source go at once. */
  readonly eager: Map<PeerId, number>;
  /** How long its signs take, smoothed. */
  signMs: number;
}

/** The share of a new measurement, as in RFC 6298. */
const SMOOTHING = 1 / 8;

export class GossipRelays<T> {
  private readonly neighbours = new Map<PeerId, Neighbour<T>>();

  /** Whether the message is to be sent at once; else `due` gives it later, if it is needed then. */
  offer(peer: PeerId, id: string, source: PeerId, message: T, nowMs: number): boolean {
    let neighbour = this.neighbours.get(peer);
    if (neighbour === undefined)
      this.neighbours.set(peer, (neighbour = { relays: new Map(), eager: new Map(), signMs: 0 }));
    const { relays, eager } = neighbour;
    forgetOld(relays, nowMs);
    const left = eager.get(source) ?? 0;
    if (left > 1) eager.set(source, left - 1);
    else eager.delete(source);
    if (left > 0 || relays.size >= MAX_WATCHED_RELAYS) return true;
    relays.set(id, { source, atMs: nowMs, message });
    return false;
  }

  /** The neighbour has the message, and not from here. */
  shown(peer: PeerId, id: string, nowMs: number): void {
    const neighbour = this.neighbours.get(peer);
    const relay = neighbour?.relays.get(id);
    if (neighbour === undefined || relay === undefined) return;
    neighbour.relays.delete(id);
    neighbour.eager.delete(relay.source);
    neighbour.signMs += (nowMs - relay.atMs - neighbour.signMs) * SMOOTHING;
  }

  /** What has waited long enough, in the order in which it came. */
  due(nowMs: number): readonly { readonly peer: PeerId; readonly messages: readonly T[] }[] {
    const found: { peer: PeerId; messages: T[] }[] = [];
    for (const [peer, neighbour] of this.neighbours) {
      const { relays, eager } = neighbour;
      const waitMs = waitOf(neighbour);
      const messages: T[] = [];
      for (const relay of relays.values()) {
        if (nowMs - relay.atMs < waitMs) break;
        if (relay.message === undefined) continue;
        messages.push(relay.message);
        relay.message = undefined;
        if (eager.size >= MAX_WATCHED_SOURCES) eager.clear();
        eager.set(relay.source, EAGER_MESSAGES);
      }
      if (messages.length > 0) found.push({ peer, messages });
    }
    return found;
  }

  /** When `due` is to be asked next, as a wait in milliseconds; undefined where nothing waits. */
  waitMs(nowMs: number): number | undefined {
    let least: number | undefined;
    for (const neighbour of this.neighbours.values()) {
      for (const { atMs, message } of neighbour.relays.values()) {
        if (message === undefined) continue;
        const waitMs = Math.max(0, atMs + waitOf(neighbour) - nowMs);
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
}

function waitOf({ signMs }: { readonly signMs: number }): number {
  return Math.min(LONGEST_RELAY_WAIT_MS, Math.max(LEAST_RELAY_WAIT_MS, 2 * signMs));
}

/** No sign comes any more of what was sent so long ago. */
function forgetOld<T>(relays: Map<string, Relay<T>>, nowMs: number): void {
  for (const [id, { atMs, message }] of relays) {
    if (message !== undefined || nowMs - atMs < RELAY_SHOWN_MS) return;
    relays.delete(id);
  }
}
