/** The bodies of a value's list: gathered from wherever they are, and kept for as long as they may be needed. */
import type { ListedContribution } from '../messages/contribution.ts';
import type { PeerId } from '../crypto/peer-id.ts';
import { SETTLEMENT_ROUNDS } from '../protocol/limits.ts';
import type { Contribution, ContributionFault, RoundContext } from './application.ts';
import type { Bodies } from './bodies.ts';
import type { LedgerPort } from './ledger-port.ts';

/** `sources`: who is asked for a body, after its worker; 'own': nobody, the shelf and the disk have to do. */
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
    contributions: readonly ListedContribution[],
    sources: Sources,
    done: (found: readonly Contribution[] | ContributionFault | 'unavailable') => void,
  ): void {
    const found: Contribution[] = [];
    let waiting = contributions.length;
    let failed = false;
    if (waiting === 0) return done(found);
    contributions.forEach((listed, at) => {
      const { worker } = listed;
      const asked = sources === 'own' ? sources : [worker, ...sources];
      this.bodies.checked(context, listed, asked, (body, fault) => {
        waiting -= 1;
        if (failed) return;
        if (fault !== undefined || body === undefined) {
          failed = true;
          return done(fault ?? 'unavailable');
        }
        found[at] = { worker, body };
        if (waiting === 0) done(found);
      });
    });
  }

  /**
   * What a member votes for must outlive it: if every body of a locked value were lost in crashes, nobody could compute
   * its update again and the round would stand still. The vote's own write, which comes after these, makes them durable.
   */
  keep(round: number, contributions: readonly ListedContribution[], found: readonly Contribution[]): void {
    contributions.forEach(({ digest }, at) => {
      const body = found[at]?.body;
      if (body === undefined) return;
      this.ledger.saveContribution(round, digest, body, round - SETTLEMENT_ROUNDS, () => undefined);
    });
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
        ledger.saveContribution(round, listed.digest, body, 0, kept);
      };
      this.bodies.get(listed, [listed.worker, ...sources], keep, []);
    }
  }
}
