/** Which peers of the roster this one has no connection to, told once they have been missing for a while. */
import type { PeerId } from '../../src/crypto/peer-id.ts';
import type { Transport } from '../../src/network/transport.ts';
import { nameOf } from './round-story.ts';

/** Peers start and restart; a link that is missing for longer is worth a word. */
const MISSING_AFTER_MS = 30_000;
const MOST_NAMED = 8;

export class LinkWatch {
  private readonly missingSinceMs = new Map<PeerId, number>();
  private said = '';

  /** A sentence where the links that are missing are others than those last told of; undefined where not. */
  word(
    seats: readonly PeerId[],
    transport: Pick<Transport, 'self' | 'connected' | 'unreachable'>,
    nowMs: number,
  ): string | undefined {
    const connected = new Set(transport.connected());
    const others = seats.filter((peer) => peer !== transport.self);
    for (const peer of this.missingSinceMs.keys()) {
      if (connected.has(peer) || !others.includes(peer)) this.missingSinceMs.delete(peer);
    }
    for (const peer of others) {
      if (!connected.has(peer) && !this.missingSinceMs.has(peer)) this.missingSinceMs.set(peer, nowMs);
    }
    const missing = others.filter((peer) => {
      const since = this.missingSinceMs.get(peer);
      return since !== undefined && nowMs - since >= MISSING_AFTER_MS;
    });
    const key = missing.join();
    if (key === this.said) return undefined;
    const wasMissing = this.said !== '';
    this.said = key;
    if (missing.length === 0) return wasMissing ? 'connected to every peer with a seat' : undefined;
    const why = new Map(transport.unreachable().map((one) => [one.peer, one.why]));
    const named = missing.slice(0, MOST_NAMED).map((peer) => {
      const reason = why.get(peer)?.replace(/^.* cannot be reached at /, '');
      return reason === undefined ? nameOf(peer) : `${nameOf(peer)} (${reason})`;
    });
    const more = missing.length > MOST_NAMED ? ` and ${missing.length - MOST_NAMED} more` : '';
    return (
      `no connection to ${missing.length} of ${others.length} peers with a seat: ${named.join(', ')}${more};` +
      ' what they say comes through others'
    );
  }
}
