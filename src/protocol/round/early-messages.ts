/**
 * Statements of the round after the one that is played, kept until it begins: gossip does not bring them twice. All of
 * them are signed by somebody with a seat; each author has its own part, so nobody takes the room of another.
 */
import type { PeerId } from '../../crypto/peer-id.ts';
import { aboutOf, type Statement } from '../verification/authorship.ts';
import { heldBytes } from '../held-bytes.ts';
import {
  LEAST_EARLY_BYTES_PER_AUTHOR,
  MAX_EARLY_BYTES,
  MAX_EARLY_MESSAGES,
  MAX_EARLY_PER_AUTHOR,
} from '../limits.ts';

export interface EarlyMessage {
  readonly message: Statement;
  readonly from: PeerId;
}

interface Part {
  readonly slots: Set<string>;
  bytes: number;
}

export class EarlyMessages {
  private round = 0;
  private waiting: EarlyMessage[] = [];
  private bytes = 0;
  private readonly parts = new Map<PeerId, Part>();

  /** Why the statement is not wanted, before anybody checks its signature; undefined where it is. */
  refuses(message: Statement, round: number, seats: number): 'duplicate' | 'queue-full' | undefined {
    if (round < this.round) return 'queue-full';
    const isOpen = round === this.round;
    const { author, slot } = aboutOf(message);
    const part = isOpen ? this.parts.get(author) : undefined;
    if (part?.slots.has(slot) === true) return 'duplicate';
    const bytes = heldBytes(message);
    const share = Math.max(LEAST_EARLY_BYTES_PER_AUTHOR, MAX_EARLY_BYTES / Math.max(1, seats));
    const isFull =
      (part?.slots.size ?? 0) >= MAX_EARLY_PER_AUTHOR ||
      (part?.bytes ?? 0) + bytes > share ||
      (isOpen && this.waiting.length >= MAX_EARLY_MESSAGES) ||
      (isOpen ? this.bytes : 0) + bytes > MAX_EARLY_BYTES;
    return isFull ? 'queue-full' : undefined;
  }

  /** Takes in what is not refused and was found to be signed by somebody with a seat. */
  keep(message: Statement, round: number, from: PeerId): void {
    if (round !== this.round) this.clear(round);
    const { author, slot } = aboutOf(message);
    const part = this.parts.get(author) ?? { slots: new Set(), bytes: 0 };
    const bytes = heldBytes(message);
    part.slots.add(slot);
    part.bytes += bytes;
    this.parts.set(author, part);
    this.bytes += bytes;
    this.waiting.push({ message, from });
  }

  /** Takes out what waited for the round. */
  take(round: number): readonly EarlyMessage[] {
    const taken = round === this.round ? this.waiting : [];
    if (round >= this.round) this.clear(round);
    return taken;
  }

  private clear(round: number): void {
    this.round = round;
    this.waiting = [];
    this.bytes = 0;
    this.parts.clear();
  }

  get size(): number {
    return this.waiting.length;
  }
}
