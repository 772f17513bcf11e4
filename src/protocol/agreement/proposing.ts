/**
 * How a view comes to its proposal: the contributions are waited for, then whoever's turn it is proposes what it has
 * and the others wait for that. Lines 11 to 19 and 57 of Tendermint (arXiv 1807.04938); that view 0 collects first,
 * and that a proposer which is likely gone is given less time, are departures.
 */
import { proposerOf } from '../../committee/sampling.ts';
import type { PeerId } from '../../crypto/peer-id.ts';
import type { ConsensusParts } from './consensus-parts.ts';
import { freshValue } from './fresh-value.ts';
import { timeoutMs } from './view-timeouts.ts';

export class Proposing {
  private readonly parts: ConsensusParts;

  constructor(parts: ConsensusParts) {
    this.parts = parts;
  }

  proposerOf(view: number): PeerId {
    return proposerOf(this.parts.committee, view);
  }

  /** Closes the collection where the time has come, else sets the timer to when it will, as things stand. */
  awaitContributions(): void {
    const { outbox, collection } = this.parts;
    if (collection.isClosed) return;
    const remaining = collection.remainingMs(outbox.nowMs);
    if (remaining <= 0) this.closeCollection(true);
    else outbox.setTimer('collect', Math.ceil(remaining));
  }

  /** `inVain`: whoever is missing was given its time. */
  closeCollection(inVain: boolean): void {
    const { outbox, chain, collection, presence } = this.parts;
    if (collection.isClosed) return;
    outbox.cancelTimer('collect');
    const missing = inVain ? collection.missing() : [];
    collection.close(outbox.nowMs);
    for (const worker of missing)
      presence.stayedAway(chain.roster, chain.round, worker, collection.tookMs ?? 0);
  }

  /**
   * Until when a view's proposal is waited for (line 57). A proposer that is likely gone is given the shortest time in
   * its first turn; any other one its full time, and in view 0 as long again for collecting as it took here.
   */
  awaitProposal(view: number): void {
    const { outbox, chain, collection, committee, presence } = this.parts;
    const { timing } = outbox.config;
    const full = timeoutMs(timing, 'propose', view);
    if (!collection.isClosed) return outbox.setTimer('phase', timing.collectMs + full);
    if (view < committee.length && presence.isSuspect(chain.roster, chain.round, this.proposerOf(view))) {
      return outbox.setTimer('phase', Math.min(timing.collectMinMs, full));
    }
    const took = collection.tookMs ?? 0;
    outbox.setTimer('phase', full + (view > 0 ? 0 : Math.min(took, timing.collectMs - took)));
  }

  /** This peer's turn: it speaks once, at the deadline or when nobody is waited for. Lines 14 to 19. */
  propose(view: number): void {
    const { outbox, journal, attempt, chain, collection, pending, opened } = this.parts;
    const forced = opened?.held?.value;
    const valid = journal.memory.valid;
    if (valid === undefined && forced === undefined && !collection.isClosed) return;
    const made = journal.memory.proposal?.value; // before a restart
    const contributions = collection.ready();
    const changes = pending.select(chain);
    const value =
      made ?? valid?.value ?? forced ?? freshValue(outbox, chain, { attempt, view }, contributions, changes);
    const proposal = journal.propose(value, valid?.polka, valid?.opened ?? opened);
    outbox.persistAndPublish(journal.memory, proposal);
  }
}
