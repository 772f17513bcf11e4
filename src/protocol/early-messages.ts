/**
 * Messages of the round after the one that is played, kept until it begins: gossip does not bring them twice. Nothing in
 * them is verified yet, so their number, their memory and each neighbour's part are bounded.
 */
import type { PeerId } from '../crypto/peer-id.ts';
import type { Message } from '../messages/message.ts';
import { heldBytes } from './held-bytes.ts';
import { MAX_EARLY_BYTES, MAX_EARLY_MESSAGES, MAX_EARLY_PER_PEER } from './limits.ts';

export interface EarlyMessage {
  readonly message: Message;
  readonly from: PeerId;
}

export class EarlyMessages {
  private round = 0;
  private waiting: EarlyMessage[] = [];
  private bytes = 0;
  private readonly countOf = new Map<PeerId, number>();

  /** False where there is no room. */
  keep(message: Message, round: number, from: PeerId): boolean {
    if (round !== this.round) {
      if (round < this.round) return false;
      this.clear();
      this.round = round;
    }
    const bytes = heldBytes(message);
    const count = this.countOf.get(from) ?? 0;
    if (count >= MAX_EARLY_PER_PEER) return false;
    if (this.waiting.length >= MAX_EARLY_MESSAGES || this.bytes + bytes > MAX_EARLY_BYTES) return false;
    this.waiting.push({ message, from });
    this.countOf.set(from, count + 1);
    this.bytes += bytes;
    return true;
  }

  /** Takes out what waited for the round. */
  take(round: number): readonly EarlyMessage[] {
    const taken = round === this.round ? this.waiting : [];
    if (round >= this.round) this.clear();
    return taken;
  }

  private clear(): void {
    this.waiting = [];
    this.bytes = 0;
    this.countOf.clear();
  }

  get size(): number {
    return this.waiting.length;
  }
}
