/**
 * Which peers could not be dialled, why, and when they may be tried again: a dial into a firewall lasts seconds, and a
 * pair of hosts that cannot reach each other stays one. Configured addresses have waits of their own (`connector.ts`).
 */
import { MAX_UNREACHABLE_PEERS, UNREACHABLE_FIRST_MS, UNREACHABLE_LONGEST_MS } from './limits.ts';
import type { PeerId } from '../crypto/peer-id.ts';

export interface Unreachable {
  readonly peer: PeerId;
  /** One sentence that names the addresses and what each answered. */
  readonly why: string;
}

interface Record extends Unreachable {
  failures: number;
  nextDialMs: number;
  told: boolean;
}

/** A dial that fails once may have met a peer that was just starting. */
const TELL_AFTER_FAILURES = 2;

export class DialMemory {
  private readonly records = new Map<PeerId, Record>();
  private readonly onUnreachable: (unreachable: Unreachable) => void;

  /** `onUnreachable` is told once of each peer, and once more after it was reached in between. */
  constructor(onUnreachable: (unreachable: Unreachable) => void) {
    this.onUnreachable = onUnreachable;
  }

  failed(peer: PeerId, why: string, nowMs: number): void {
    const known = this.records.get(peer);
    const failures = (known?.failures ?? 0) + 1;
    const waitMs = Math.min(UNREACHABLE_LONGEST_MS, UNREACHABLE_FIRST_MS * 2 ** Math.min(failures - 1, 16));
    const tell = failures >= TELL_AFTER_FAILURES && known?.told !== true;
    const record: Record = {
      ...{ peer, why, failures },
      ...{ nextDialMs: nowMs + waitMs, told: tell || known?.told === true },
    };
    this.records.delete(peer); // the newest stands last, so that eviction takes the oldest
    this.records.set(peer, record);
    if (this.records.size > MAX_UNREACHABLE_PEERS) this.evict();
    if (tell) this.onUnreachable(record);
  }

  /** The peer is connected, whoever dialled whom. */
  reached(peer: PeerId): void {
    this.records.delete(peer);
  }

  /** Why a dial now would be in vain; undefined where it may be tried. */
  refusal(peer: PeerId, nowMs: number): string | undefined {
    const record = this.records.get(peer);
    return record !== undefined && nowMs < record.nextDialMs ? record.why : undefined;
  }

  /** Peers that could not be dialled more than once, and why. */
  unreachable(): readonly Unreachable[] {
    return [...this.records.values()].filter(({ failures }) => failures >= TELL_AFTER_FAILURES);
  }

  private evict(): void {
    for (const [peer] of this.records) {
      this.records.delete(peer);
      return;
    }
  }
}
