/**
 * Who is asked next for the body of one download: connected holders before those that must be dialled, since a dial into a
 * firewall lasts seconds; idle ones before busy ones; and those that lack the body again after a while that doubles.
 */
import type { PeerId } from '../crypto/peer-id.ts';
import { ASK_AGAIN_FIRST_MS, ASK_AGAIN_LONGEST_MS, MAX_DIALS_OF_A_DOWNLOAD } from './limits.ts';

export interface Holder {
  readonly peer: PeerId;
  /** `lacking`: said that it does not have the body (yet). `left`: failed or lied, and is asked no more. */
  state: 'unasked' | 'lacking' | 'having' | 'left';
  /** Open streams to it. */
  streams: number;
  /** How often it was asked since it last gave a piece. */
  asked: number;
  askAgainMs: number;
}

/** Two streams to each holder, so that one carries pieces while the other waits out a round trip. */
const STREAMS_PER_HOLDER = 2;
/** Puts any that must be dialled behind all that are connected. */
const DIAL_RANK = 10;

export class Holders {
  /** Dials that are under way. */
  dials = 0;
  private readonly all: Holder[] = [];
  private readonly isConnected: (peer: PeerId) => boolean;

  constructor(isConnected: (peer: PeerId) => boolean) {
    this.isConnected = isConnected;
  }

  get size(): number {
    return this.all.length;
  }

  add(peers: readonly PeerId[]): void {
    const known = new Set(this.all.map(({ peer }) => peer));
    for (const peer of new Set(peers)) {
      if (!known.has(peer)) this.all.push({ peer, state: 'unasked', streams: 0, asked: 0, askAgainMs: 0 });
    }
  }

  /** The next holder to ask for the list: connected ones first, in the caller's order. */
  unasked(): Holder | undefined {
    const rest = this.all.filter(({ state, streams }) => state === 'unasked' && streams === 0);
    const connected = rest.find(({ peer }) => this.isConnected(peer));
    return connected ?? (this.mayDial ? rest[0] : undefined);
  }

  /** The next holder to pull pieces from: connected before not, fewer streams before more. */
  idle(): Holder | undefined {
    const free = this.all.filter(
      ({ state, streams, peer }) =>
        (state === 'having' && streams < STREAMS_PER_HOLDER) ||
        (state === 'unasked' &&
          streams < (this.isConnected(peer) ? STREAMS_PER_HOLDER : 1) &&
          (this.isConnected(peer) || this.mayDial)),
    );
    const rank = ({ peer, streams }: Holder): number => streams + (this.isConnected(peer) ? 0 : DIAL_RANK);
    return free.sort((a, b) => rank(a) - rank(b))[0];
  }

  /** Those that lack the body and are not being asked just now. */
  lacking(): readonly Holder[] {
    return this.all.filter(({ state, streams }) => state === 'lacking' && streams === 0);
  }

  /** It said that it does not have the body, or has no room for the question. */
  lacks(holder: Holder, nowMs: number): void {
    const waitMs = ASK_AGAIN_FIRST_MS * 2 ** Math.min(holder.asked - 1, 10);
    holder.state = 'lacking';
    holder.askAgainMs = nowMs + Math.min(ASK_AGAIN_LONGEST_MS, waitMs);
  }

  private get mayDial(): boolean {
    return this.dials < MAX_DIALS_OF_A_DOWNLOAD;
  }
}
