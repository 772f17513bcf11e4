/**
 * Addresses of peers that others told us about, bounded in all directions: so many peers, so many of one teller, so many
 * addresses of one peer. A lie in here costs one failed dial, since the handshake proves the peer id.
 */
import type { Multiaddr } from '@multiformats/multiaddr';
import { parseLearnedAddress } from './addresses.ts';
import {
  FORGET_AFTER_FAILURES,
  MAX_ADDRESSES_PER_PEER,
  MAX_KNOWN_PEERS,
  MAX_KNOWN_PEERS_PER_SOURCE,
  REDIAL_FIRST_MS,
  REDIAL_LONGEST_MS,
} from './limits.ts';
import type { PeerId } from '../crypto/peer-id.ts';

interface Entry {
  readonly addresses: Map<string, Multiaddr>;
  readonly source: PeerId;
  failures: number;
  nextDialMs: number;
}

export class PeerBook {
  private readonly entries = new Map<PeerId, Entry>();
  private readonly perSource = new Map<PeerId, number>();
  private readonly self: PeerId;
  private readonly allowPrivate: boolean;

  constructor(self: PeerId, allowPrivate: boolean) {
    this.self = self;
    this.allowPrivate = allowPrivate;
  }

  /** Notes an address that `source` told us; false where it is malformed, ours, or over a bound. */
  learn(text: string, source: PeerId, allowPrivate = this.allowPrivate): boolean {
    const parsed = parseLearnedAddress(text, allowPrivate);
    if (parsed === undefined || parsed.peer === this.self) return false;
    const known = this.entries.get(parsed.peer);
    // What a peer says of itself replaces what others said, so that nobody can fill its place with dead addresses
    if (known !== undefined && source === parsed.peer && known.source !== source) this.remove(parsed.peer);
    const entry = this.entries.get(parsed.peer) ?? this.create(parsed.peer, source);
    if (entry === undefined) return false;
    if (entry.addresses.size >= MAX_ADDRESSES_PER_PEER && !entry.addresses.has(text)) return false;
    entry.addresses.set(text, parsed.address);
    return true;
  }

  addresses(peer: PeerId): readonly Multiaddr[] {
    return [...(this.entries.get(peer)?.addresses.values() ?? [])];
  }

  /** Peers that may be dialled now. */
  due(nowMs: number): PeerId[] {
    return [...this.entries].filter(([, entry]) => entry.nextDialMs <= nowMs).map(([peer]) => peer);
  }

  /** After a dial. One that succeeded but brought no member of the experiment is not soon repeated. */
  dialled(peer: PeerId, succeeded: boolean, nowMs: number): void {
    const entry = this.entries.get(peer);
    if (entry === undefined) return;
    if (!succeeded) entry.failures += 1;
    const waitMs = succeeded ? REDIAL_LONGEST_MS : REDIAL_FIRST_MS * 2 ** entry.failures;
    if (entry.failures >= FORGET_AFTER_FAILURES) this.remove(peer);
    else entry.nextDialMs = nowMs + Math.min(REDIAL_LONGEST_MS, waitMs);
  }

  /** A member of the experiment went away: it may be dialled again soon. */
  lost(peer: PeerId, nowMs: number): void {
    const entry = this.entries.get(peer);
    if (entry === undefined) return;
    entry.failures = 0;
    entry.nextDialMs = nowMs + REDIAL_FIRST_MS;
  }

  get size(): number {
    return this.entries.size;
  }

  private create(peer: PeerId, source: PeerId): Entry | undefined {
    const told = this.perSource.get(source) ?? 0;
    if (told >= MAX_KNOWN_PEERS_PER_SOURCE) return undefined;
    if (this.entries.size >= MAX_KNOWN_PEERS && !this.makeRoom()) return undefined;
    const entry: Entry = { addresses: new Map(), source, failures: 0, nextDialMs: 0 };
    this.entries.set(peer, entry);
    this.perSource.set(source, told + 1);
    return entry;
  }

  /** Gives up the peer that failed most; where none has failed, newcomers wait. */
  private makeRoom(): boolean {
    let worst: PeerId | undefined;
    let most = 0;
    for (const [peer, entry] of this.entries) {
      if (entry.failures > most) [worst, most] = [peer, entry.failures];
    }
    if (worst !== undefined) this.remove(worst);
    return worst !== undefined;
  }

  private remove(peer: PeerId): void {
    const entry = this.entries.get(peer);
    if (entry === undefined) return;
    this.entries.delete(peer);
    const told = (this.perSource.get(entry.source) ?? 1) - 1;
    if (told <= 0) this.perSource.delete(entry.source);
    else this.perSource.set(entry.source, told);
  }
}
