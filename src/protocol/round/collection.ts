/**
 * A committee member's view of the round's contributions: one header per worker, its body fetched and checked, until
 * when it waits for more, and which of them were here in time. The first valid contribution of a worker counts.
 */
import type { Digest } from '../../crypto/hash.ts';
import type { PeerId } from '../../crypto/peer-id.ts';
import type { ContributionMessage, ListedContribution } from '../../messages/contribution.ts';
import type { Value } from '../../messages/proposal.ts';
import type { ContributionFault } from '../fault.ts';

/** Those on whom nobody counts are given half as long again as the last one that came. */
const PATIENCE_BESIDE_LAST = 1.5;

interface Entry {
  readonly listed: ListedContribution;
  state: 'fetching' | 'ready' | 'unavailable' | ContributionFault;
}

/** Whom a collection waits for and how long: `Presence`, for one round. */
export interface Waits {
  awaits(worker: PeerId): boolean;
  /** As `Presence.allowanceMs`, and no longer than the round is patient. */
  allowanceMs(worker: PeerId, missing: number, lastMs: number): number;
}

export interface CollectionBounds {
  readonly collectMs: number;
  readonly collectMinMs: number;
  /** With fewer the round changes nothing, so all the time there is is given. */
  readonly minContributions: number;
}

export class Collection {
  private readonly cohort: ReadonlySet<PeerId>;
  private readonly waits: Waits;
  private readonly bounds: CollectionBounds;
  private readonly entries = new Map<PeerId, Entry>();
  private inTime: ReadonlySet<PeerId> | undefined;
  private startedMs: number | undefined;
  private lastMs = 0;
  /** How long it was open, milliseconds; undefined while it is. */
  tookMs: number | undefined;

  constructor(cohort: readonly PeerId[], waits: Waits, bounds: CollectionBounds) {
    this.cohort = new Set(cohort);
    this.waits = waits;
    this.bounds = bounds;
  }

  /** The member begins to wait; later calls change nothing. */
  start(nowMs: number): void {
    this.startedMs ??= nowMs;
  }

  expects(worker: PeerId): boolean {
    return this.cohort.has(worker);
  }

  header(worker: PeerId): ListedContribution | undefined {
    return this.entries.get(worker)?.listed;
  }

  /** Whether the contribution's body is to be fetched (again). */
  wants(worker: PeerId): boolean {
    const entry = this.entries.get(worker);
    return entry === undefined || entry.state === 'unavailable';
  }

  add({ worker, digest, byteLength, signature }: ContributionMessage): void {
    this.entries.set(worker, { listed: { worker, digest, byteLength, signature }, state: 'fetching' });
  }

  /** A body is here and was checked, or not; how long after the start where it is sound and new, milliseconds. */
  fetched(
    worker: PeerId,
    digest: Digest,
    fault: ContributionFault | 'unavailable' | undefined,
    nowMs: number,
  ): number | undefined {
    const entry = this.entries.get(worker);
    if (entry?.listed.digest !== digest || entry.state !== 'fetching') return undefined;
    entry.state = fault ?? 'ready';
    if (fault !== undefined) return undefined;
    this.lastMs = this.elapsedMs(nowMs);
    return this.lastMs;
  }

  private elapsedMs(nowMs: number): number {
    return Math.max(0, nowMs - (this.startedMs ?? nowMs));
  }

  /** Who is waited for and is not here: of whom something came is waited for, whoever it is. */
  missing(): PeerId[] {
    return [...this.cohort].filter((worker) => {
      const state = this.entries.get(worker)?.state;
      return state === undefined ? this.waits.awaits(worker) : state === 'fetching';
    });
  }

  /**
   * The milliseconds that are left until nobody is waited for any longer, as things stand; 0 or less: the time has
   * come. The whole cohort closes at once, what is worthless included. Where only those are missing on whom nobody counts,
   * it takes a little longer than the last one that came, `collectMinMs` at most: who comes back says so and is waited for.
   * Where the experiment's two times are equal everyone has the same time in every round.
   */
  remainingMs(nowMs: number): number {
    const { collectMs, collectMinMs, minContributions } = this.bounds;
    const elapsed = this.elapsedMs(nowMs);
    const missing = this.missing();
    if (missing.length === 0 && this.entries.size >= this.cohort.size) return 0;
    const ready = [...this.entries.values()].filter(({ state }) => state === 'ready').length;
    if (ready < minContributions) return collectMs - elapsed;
    if (missing.length === 0 && collectMinMs < collectMs) {
      return Math.min(collectMinMs, PATIENCE_BESIDE_LAST * this.lastMs) - elapsed;
    }
    const share = missing.length / Math.max(1, missing.length + ready);
    const allowed = missing.map((worker) => this.waits.allowanceMs(worker, share, this.lastMs));
    return Math.max(collectMinMs, ...allowed) - elapsed;
  }

  get isClosed(): boolean {
    return this.inTime !== undefined;
  }

  /** Nobody is waited for any longer: what is ready now was in time. */
  close(nowMs: number): void {
    if (this.inTime !== undefined) return;
    this.inTime = new Set(this.ready().map(({ worker }) => worker));
    this.tookMs = this.elapsedMs(nowMs);
  }

  /** What a proposer may list, sorted by worker. */
  ready(): ListedContribution[] {
    return [...this.entries.values()]
      .filter(({ state }) => state === 'ready')
      .map(({ listed }) => listed)
      .sort((a, b) => (a.worker < b.worker ? -1 : 1));
  }

  /**
   * Bounded censorship: what was here in time and is not in a fresh value, where that is more than the allowed share.
   * Before the own deadline only a value with everyone who is waited for can be judged; undefined means that it is too
   * early.
   */
  censored(value: Value, maxOmissionShare: number): readonly ListedContribution[] | undefined {
    const listed = new Set(value.contributions.map(({ worker }) => worker));
    if (this.inTime === undefined) {
      const isAll = [...this.cohort].every((worker) => listed.has(worker) || !this.counts(worker));
      return isAll ? [] : undefined;
    }
    const { inTime } = this;
    const omitted = this.ready().filter(({ worker }) => inTime.has(worker) && !listed.has(worker));
    return omitted.length > maxOmissionShare * inTime.size ? omitted : [];
  }

  /** Whether a value would have to list the worker: it is waited for, or it came and is not known to be worthless. */
  private counts(worker: PeerId): boolean {
    const state = this.entries.get(worker)?.state;
    return state === undefined ? this.waits.awaits(worker) : state === 'ready' || state === 'fetching';
  }

  get size(): number {
    return this.entries.size;
  }
}
