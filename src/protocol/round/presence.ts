/**
 * Whom this member waits for, and how long. Local and never agreed on: it decides when a collection is closed and when
 * a silent proposer is given up, which Tendermint leaves to each member's timers, and nothing else.
 *
 * Who is waited for: those that the chain saw contribute lately (`missedCohorts`, the same at everyone), and an absent
 * one that says it is back (a join of somebody who has a seat). How long: each worker's own usual time with a margin
 * for its variance, doubled each time it did not come, as TCP waits for an acknowledgement (RFC 6298); but no longer than
 * the round is patient (`patience.ts`). So one that is slow is waited for now and then, one that is gone is not. All within
 * the experiment's `collectMinMs` and `collectMs`.
 */
import type { PeerId } from '../../crypto/peer-id.ts';
import type { Chain, Roster } from '../chain/chain.ts';
import type { Waits } from './collection.ts';
import type { Timing } from '../config.ts';
import { patienceMs } from './patience.ts';
import { ABSENT_AFTER_COHORTS } from '../limits.ts';
import { hasSeat, missedCohortsOf } from '../chain/roster.ts';

/** RFC 6298, section 2: the gains of the mean and of the deviation, and the deviations that are waited for. */
const MEAN_GAIN = 1 / 8;
const DEVIATION_GAIN = 1 / 4;
const DEVIATIONS = 4;
/** RFC 6298, 2.4: who is known is given so long at least. */
const LEAST_ALLOWANCE_MS = 1000;
/** And so many times as long as usual; who is not known, so many times as long as the last one that came. */
const KNOWN_PATIENCE = 2;
const UNKNOWN_PATIENCE = 4;
/** Who usually comes in the round's time may take so many times as long. */
const BEYOND_USUAL = 2;
/** Who came so often in a row may be held up for `LEAST_ALLOWANCE_MS` once, whatever the others' pace. */
const STEADY_AFTER = 8;
/** Rounds for which the word of one that came back so often in vain is not taken: at most 2 to this. */
const LONGEST_DISTRUST_EXPONENT = 10;

interface Acquaintance {
  /** Milliseconds from the start of a round here until its contribution was here and checked. */
  usual?: { readonly meanMs: number; readonly deviationMs: number };
  /** Times in a row that it was waited for and did not come, and that it came. */
  inVain: number;
  inARow: number;
  /** Milliseconds that it was waited for in vain since it last came: it takes longer. */
  atLeastMs: number;
  /** The newest round in which anything that it signed was heard. */
  heardIn: number;
  /** The newest round in which it said that it was back, and how often that came to nothing since it last came. */
  backIn: number;
  broken: number;
  distrustedUntil: number;
  /** The newest round in which its proposal or its vote was waited for in vain. */
  silentIn: number;
}

export class Presence {
  private readonly timing: Timing;
  private readonly self: PeerId;
  private readonly known = new Map<PeerId, Acquaintance>();

  constructor(self: PeerId, timing: Timing) {
    this.self = self;
    this.timing = timing;
  }

  private of(peer: PeerId): Acquaintance {
    let known = this.known.get(peer);
    if (known === undefined) {
      known = {
        inVain: 0,
        inARow: 0,
        atLeastMs: 0,
        heardIn: -1,
        backIn: -1,
        broken: 0,
        distrustedUntil: 0,
        silentIn: -1,
      };
      this.known.set(peer, known);
    }
    return known;
  }

  /** Whether a worker of the round's cohort is waited for. */
  awaits(roster: Roster, round: number, worker: PeerId): boolean {
    if (!hasSeat(roster, worker)) return false;
    if (missedCohortsOf(roster, worker) < ABSENT_AFTER_COHORTS) return true;
    const known = this.known.get(worker);
    return known !== undefined && known.backIn >= round - 1 && round >= known.distrustedUntil;
  }

  /** Whom a round's collection waits for and how long; not for `mute`, which signs nothing. */
  waitsIn(
    { roster, round }: Pick<Chain, 'roster' | 'round'>,
    cohort: readonly PeerId[],
    mute: PeerId | undefined,
  ): Waits {
    const { collectMs, collectMinMs } = this.timing;
    const known = cohort.flatMap((worker) => this.known.get(worker)?.usual?.meanMs ?? []);
    const patience = patienceMs(round, known, cohort.length);
    return {
      awaits: (worker) =>
        worker !== mute &&
        this.awaits(roster, round, worker) &&
        this.takesMs(worker) <= Math.max(collectMinMs, patience),
      allowanceMs: (worker, missing, lastMs) => {
        const isSteady = (this.known.get(worker)?.inARow ?? 0) >= STEADY_AFTER;
        const longest = Math.max(BEYOND_USUAL * patience, isSteady ? LEAST_ALLOWANCE_MS : 0);
        const allowed = Math.min(longest, this.allowanceMs(worker, missing, lastMs));
        return Math.min(collectMs, Math.max(collectMinMs, allowed));
      },
    };
  }

  /** How long its contribution takes, as far as it is known. */
  private takesMs(worker: PeerId): number {
    const { usual, atLeastMs = 0 } = this.known.get(worker) ?? {};
    return Math.max(usual?.meanMs ?? 0, atLeastMs);
  }

  /**
   * How long after a round's start a worker is waited for that is not here, where the round's patience has no end.
   * `missing` is the share of the awaited that is not here, `lastMs` when the last one came: who is not known is waited
   * for the less, the more have come.
   */
  allowanceMs(worker: PeerId, missing: number, lastMs: number): number {
    const { collectMs, collectMinMs } = this.timing;
    const { usual, inVain } = this.of(worker);
    const once =
      usual === undefined
        ? Math.max(UNKNOWN_PATIENCE * lastMs, missing * collectMs)
        : Math.max(
            LEAST_ALLOWANCE_MS,
            KNOWN_PATIENCE * usual.meanMs,
            usual.meanMs + DEVIATIONS * usual.deviationMs,
          );
    const allowed = once * 2 ** inVain;
    return Math.min(collectMs, Math.max(collectMinMs, allowed));
  }

  /** A contribution is here and sound. */
  came(worker: PeerId, afterMs: number): void {
    const known = this.of(worker);
    known.inVain = 0;
    known.inARow += 1;
    known.atLeastMs = 0;
    known.broken = 0;
    known.distrustedUntil = 0;
    const { usual } = known;
    known.usual =
      usual === undefined
        ? { meanMs: afterMs, deviationMs: afterMs / 2 }
        : {
            meanMs: usual.meanMs + MEAN_GAIN * (afterMs - usual.meanMs),
            deviationMs:
              usual.deviationMs + DEVIATION_GAIN * (Math.abs(afterMs - usual.meanMs) - usual.deviationMs),
          };
  }

  /** The collection was closed without a worker that was waited for so long. */
  stayedAway(roster: Roster, round: number, worker: PeerId, waitedMs: number): void {
    const known = this.of(worker);
    known.inVain = Math.min(known.inVain + 1, 30);
    known.inARow = 0;
    known.atLeastMs = Math.max(known.atLeastMs, waitedMs);
    if (missedCohortsOf(roster, worker) < ABSENT_AFTER_COHORTS) return;
    if (this.allowanceMs(worker, 1, 0) < this.timing.collectMs) return;
    // it said that it was back and was given all the time there is
    known.broken = Math.min(known.broken + 1, LONGEST_DISTRUST_EXPONENT);
    known.distrustedUntil = round + 2 ** known.broken;
  }

  /** Something signed by a peer was heard. */
  heard(peer: PeerId, round: number): void {
    const known = this.of(peer);
    known.heardIn = Math.max(known.heardIn, round);
  }

  /** Whether the peer has said already that it is back in a round, or in a later one. */
  isBack(peer: PeerId, round: number): boolean {
    return (this.known.get(peer)?.backIn ?? -1) >= round;
  }

  back(peer: PeerId, round: number): void {
    this.heard(peer, round);
    const known = this.of(peer);
    known.backIn = Math.max(known.backIn, round);
  }

  /** A view went by without its proposer's proposal, or an attempt was given up for want of a member's vote. */
  wasSilent(member: PeerId, round: number): void {
    this.of(member).silentIn = round;
  }

  /** An attempt was opened by these: of whom nothing was heard in the round, nothing is expected at first. */
  onlyTheseSpoke(
    statements: readonly { readonly peer: PeerId }[],
    committee: readonly PeerId[],
    round: number,
  ): void {
    for (const { peer } of statements) this.heard(peer, round);
    for (const member of committee) if (this.of(member).heardIn < round) this.wasSilent(member, round);
  }

  /**
   * Whether a proposer is likely gone: it was silent when its turn came and has not been heard in a later round, or the
   * chain counts it as absent and it was heard neither in this round nor in the one before. What it signs clears it, so
   * proposers that leave it out of their lists cannot have it passed over.
   */
  isSuspect(roster: Roster, round: number, proposer: PeerId): boolean {
    if (proposer === this.self) return false;
    const { heardIn = -1, silentIn = -1 } = this.known.get(proposer) ?? {};
    if (silentIn >= 0 && heardIn <= silentIn) return true;
    return missedCohortsOf(roster, proposer) >= ABSENT_AFTER_COHORTS && heardIn < round - 1;
  }

  /** Forgets who has no seat any more. */
  prune(roster: Roster): void {
    for (const peer of this.known.keys()) if (!hasSeat(roster, peer)) this.known.delete(peer);
  }

  get size(): number {
    return this.known.size;
  }
}
