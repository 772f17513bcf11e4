/** Who got and who lost a seat, from one decided round to the next. */
import type { PeerId } from '../../src/crypto/peer-id.ts';

export interface SeatChanges {
  readonly given: readonly PeerId[];
  readonly lost: readonly PeerId[];
}

export class SeatWatch {
  private seats: ReadonlySet<PeerId> | undefined;

  /** The seats after a round; what changed since the last call, nothing at the first. */
  after(seats: readonly PeerId[]): SeatChanges {
    const before = this.seats;
    this.seats = new Set(seats);
    if (before === undefined) return { given: [], lost: [] };
    return {
      given: seats.filter((peer) => !before.has(peer)),
      lost: [...before].filter((peer) => this.seats?.has(peer) !== true),
    };
  }
}
