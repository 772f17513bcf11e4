/**
 * A committee member's view of the round's contributions: one header per worker, its body fetched and checked, and
 * which of them were here in time. The first valid contribution of a worker counts.
 */
import type { Digest } from '../crypto/hash.ts';
import type { PeerId } from '../crypto/peer-id.ts';
import type { ContributionMessage, ListedContribution } from '../messages/contribution.ts';
import type { Value } from '../messages/proposal.ts';
import type { ContributionFault } from './fault.ts';

interface Entry {
  readonly listed: ListedContribution;
  state: 'fetching' | 'ready' | 'unavailable' | ContributionFault;
}

export class Collection {
  private readonly cohort: ReadonlySet<PeerId>;
  private readonly entries = new Map<PeerId, Entry>();
  private inTime: ReadonlySet<PeerId> | undefined;

  constructor(cohort: readonly PeerId[]) {
    this.cohort = new Set(cohort);
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

  fetched(worker: PeerId, digest: Digest, fault: ContributionFault | 'unavailable' | undefined): void {
    const entry = this.entries.get(worker);
    if (entry?.listed.digest === digest && entry.state === 'fetching') entry.state = fault ?? 'ready';
  }

  /** Nobody is waited for any longer: everyone's contribution is here, or known to be worthless. */
  get isComplete(): boolean {
    if (this.entries.size < this.cohort.size) return false;
    for (const { state } of this.entries.values()) if (state === 'fetching') return false;
    return true;
  }

  get isClosed(): boolean {
    return this.inTime !== undefined;
  }

  /** The deadline: what is ready now was in time. */
  close(): void {
    this.inTime ??= new Set(this.ready().map(({ worker }) => worker));
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
   * Before the deadline only a value with the whole cohort can be judged; undefined means that it is too early.
   */
  censored(value: Value, maxOmissionShare: number): readonly ListedContribution[] | undefined {
    if (value.contributions.length === this.cohort.size) return [];
    if (this.inTime === undefined) {
      if (!this.isComplete) return undefined;
      this.close();
    }
    const listed = new Set(value.contributions.map(({ worker }) => worker));
    const inTime = this.inTime as ReadonlySet<PeerId>;
    const omitted = this.ready().filter(({ worker }) => inTime.has(worker) && !listed.has(worker));
    return omitted.length > maxOmissionShare * inTime.size ? omitted : [];
  }

  get size(): number {
    return this.entries.size;
  }
}
