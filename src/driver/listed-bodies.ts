/** The bodies of a value's list: gathered from wherever they are, and kept for as long as they may be needed. */
import type { ListedContribution } from '../messages/contribution.ts';
import type { Digest } from '../crypto/hash.ts';
import type { PeerId } from '../crypto/peer-id.ts';
import { SETTLEMENT_ROUNDS } from '../protocol/limits.ts';
import type { ContributionFault } from '../protocol/fault.ts';
import type { RoundContext } from '../crypto/beacon.ts';
import type { Contribution } from '../round/contribution-rows.ts';
import type { Bodies } from './bodies.ts';
import type { LedgerPort, StoredBody } from './ledger-port.ts';
import { MAX_HELD_FOR_MEMORY_BYTES } from './limits.ts';

/** In the order of the list. */
export interface Gathered {
  /** What the bodies carry: for the application. */
  readonly contributions: readonly Contribution[];
  /** As they are signed, named and kept. */
  readonly bodies: readonly Uint8Array[];
}

/** `sources`: who is asked for a body, after its worker; 'own': nobody, the cache and the disk have to do. */
export type Sources = readonly PeerId[] | 'own';

export class ListedBodies {
  private readonly bodies: Bodies;
  private readonly ledger: LedgerPort;

  constructor(bodies: Bodies, ledger: LedgerPort) {
    this.bodies = bodies;
    this.ledger = ledger;
  }

  /** All bodies of a list, each checked, in its order; or what was wrong with the first bad one. */
  gather(
    context: RoundContext,
    anchor: Digest,
    listed: readonly ListedContribution[],
    sources: Sources,
    done: (found: Gathered | ContributionFault | 'unavailable') => void,
  ): void {
    const contributions: Contribution[] = [];
    const bodies: Uint8Array[] = [];
    let waiting = listed.length;
    let failed = false;
    if (waiting === 0) return done({ contributions, bodies });
    listed.forEach((entry, at) => {
      const { worker } = entry;
      const asked = sources === 'own' ? sources : [worker, ...sources];
      this.bodies.checked(context, { ...entry, anchor }, asked, (found, fault) => {
        waiting -= 1;
        if (failed) return;
        if (fault !== undefined || found === undefined) {
          failed = true;
          return done(fault ?? 'unavailable');
        }
        contributions[at] = { worker, body: found.carried, bodyDigest: entry.digest };
        bodies[at] = found.body;
        if (waiting === 0) done({ contributions, bodies });
      });
    });
  }

  /**
   * What a member votes for must outlive it: if every body of a locked value were lost in crashes, nobody could compute
   * its update again and the round would stand still. The vote's own write takes them along, or comes after theirs.
   */
  keep(round: number, listed: readonly ListedContribution[], bodies: readonly Uint8Array[]): void {
    const kept = listed.flatMap(({ digest }, at) => {
      const body = bodies[at];
      return body === undefined ? [] : [{ digest, body }];
    });
    if (kept.length > 0) keepForMemory(this.ledger, round, kept);
  }

  /** Keeps the decided contributions, where the ledger is asked to; one that nobody has any more is left out. */
  archive(
    round: number,
    contributions: readonly ListedContribution[],
    sources: readonly PeerId[],
    done: () => void,
  ): void {
    const { ledger } = this;
    let waiting = ledger.keepsContributions === true ? contributions.length : 0;
    if (waiting === 0) return done();
    const kept = (): void => {
      waiting -= 1;
      if (waiting === 0) done();
    };
    for (const listed of contributions) {
      const keep = (body: Uint8Array | undefined): void => {
        if (body === undefined) return kept();
        ledger.saveContributions(round, [{ digest: listed.digest, body }], 0, kept);
      };
      this.bodies.get(listed, [listed.worker, ...sources], keep, []);
    }
  }
}

/**
 * Keeps bodies that the next memory needs, and says so where it may be saved: at once where it takes them along, after their
 * own write where they are large.
 */
export function keepForMemory(
  ledger: LedgerPort,
  round: number,
  bodies: readonly StoredBody[],
  done: () => void = () => undefined,
): void {
  const oldest = round - SETTLEMENT_ROUNDS;
  const byteLength = bodies.reduce((sum, { body }) => sum + body.length, 0);
  if (byteLength > MAX_HELD_FOR_MEMORY_BYTES) return ledger.saveContributions(round, bodies, oldest, done);
  ledger.holdContributions(round, bodies, oldest);
  done();
}
