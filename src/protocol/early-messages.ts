/** Messages of the round after the one that is played, kept until it begins: gossip does not bring them twice. */
import type { PeerId } from '../crypto/peer-id.ts';
import type { Message } from '../messages/message.ts';
import { MAX_EARLY_BYTES, MAX_EARLY_MESSAGES } from './limits.ts';

export interface EarlyMessage {
  readonly message: Message;
  readonly from: PeerId;
}

export class EarlyMessages {
  private round = 0;
  private waiting: EarlyMessage[] = [];
  private bytes = 0;

  /** False where there is no room. */
  keep(message: Message, round: number, from: PeerId): boolean {
    if (round !== this.round) {
      if (round < this.round) return false;
      this.clear();
      this.round = round;
    }
    const bytes = message.kind === 'contribution' ? (message.body?.length ?? 0) : 0;
    if (this.waiting.length >= MAX_EARLY_MESSAGES || this.bytes + bytes > MAX_EARLY_BYTES) return false;
    this.waiting.push({ message, from });
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
  }

  get size(): number {
    return this.waiting.length;
  }
}
