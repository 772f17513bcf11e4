/**
 * How far the round that is played has come at this peer, read off the machine's effects: what a waiting peer waits for,
 * and after the round which phases took longer than they usually do.
 */
import type { PeerId } from '../../src/crypto/peer-id.ts';
import type { Digest } from '../../src/crypto/hash.ts';
import type { Effect } from '../../src/protocol/effect.ts';
import { PhaseClock, type Phase } from '../../src/run/recording/phase-clock.ts';

/** Who plays which part in the round. */
export interface RoundPeople {
  readonly cohort: readonly PeerId[];
  readonly committee: readonly PeerId[];
  /** Whose proposal this peer waits for; undefined where it is no member. */
  readonly proposer: PeerId | undefined;
}

const REMEMBERED_ROUNDS = 20;
/** A phase is unusual that took so many times its median, and is no trifle. */
const UNUSUAL_TIMES = 3;
const TRIFLE_SECONDS = 1;
/** Before so many rounds nothing is usual, and only what takes very long is told. */
const LEAST_ROUNDS = 3;
const LONG_SECONDS = 5;
const MOST_NAMED = 5;

export class RoundStory {
  private readonly clock = new PhaseClock((phase, seconds) => this.took(phase, seconds));
  private readonly usual = new Map<Phase, number[]>();
  private phases = new Map<Phase, number>();
  /** Workers by the digest of what they announced. */
  private announced = new Map<Digest, PeerId>();
  /** Why a body could not be had, by the beginning of its digest. */
  private missing = new Map<string, string>();
  private isMember = false;
  private stage: 'collecting' | 'aggregating' | 'agreeing' | 'adopting' | 'rebuilding' = 'collecting';
  private adopting: Digest | undefined;

  saw(effect: Effect, nowMs: number): void {
    this.clock.saw(effect, nowMs);
    switch (effect.type) {
      case 'setTimer':
        if (effect.timer === 'collect') this.isMember = true;
        // set by whoever plays a round, and by nobody else
        if (effect.timer === 'rebroadcast' && this.stage === 'rebuilding') this.stage = 'collecting';
        return;
      case 'fetch':
        this.announced.set(effect.contribution.digest, effect.contribution.worker);
        return;
      case 'verify':
        this.stage = 'aggregating';
        for (const { digest, worker } of effect.contributions) this.announced.set(digest, worker);
        return;
      case 'publish':
        if (effect.message.kind === 'vote') this.stage = 'agreeing';
        return;
      case 'report':
        if (effect.report.event === 'view-changed') this.stage = 'collecting';
        return;
      case 'adopt':
        this.stage = 'adopting';
        this.adopting = effect.decision.outcome.updateDigest;
        return;
      case 'restore':
      case 'rewind':
        this.stage = 'rebuilding';
        return;
      case 'decide':
        this.begin();
        return;
      default:
        return;
    }
  }

  /** A body could not be had; `what` ends in the beginning of its digest. */
  trouble(what: string, reason: string): void {
    const digest = /^fetching body ([0-9a-f]{8})/.exec(what)?.[1];
    if (digest !== undefined) this.missing.set(digest, reason);
  }

  /** Phases of the round that was just decided that took unusually long, in seconds. */
  unusual(): Readonly<Record<string, number>> {
    const entries = [...this.last].filter(([phase, seconds]) => {
      const known = [...(this.usual.get(phase) ?? [])].sort((a, b) => a - b);
      if (known.length < LEAST_ROUNDS) return seconds >= LONG_SECONDS;
      const median = known[known.length >> 1] ?? 0;
      return seconds >= TRIFLE_SECONDS && seconds > UNUSUAL_TIMES * median;
    });
    for (const [phase, seconds] of this.last) {
      const known = this.usual.get(phase) ?? [];
      this.usual.set(phase, [...known, seconds].slice(-REMEMBERED_ROUNDS));
    }
    return Object.fromEntries(entries.map(([phase, seconds]) => [phase, Number(seconds.toFixed(2))]));
  }

  /** What the round waits for, in one sentence without a full stop. */
  reason({ cohort, committee, proposer }: RoundPeople, connected: readonly PeerId[], needed: number): string {
    if (this.stage === 'rebuilding') return 'the state of the run is being fetched or computed again';
    if (this.stage === 'adopting')
      return `the round is decided, and its update is not here yet${this.why(this.adopting)}`;
    if (committee.length === 0)
      return 'decisions of the rounds that this peer missed are being fetched and checked';
    if (!this.isMember) {
      const reached = committee.filter((peer) => connected.includes(peer)).length;
      return `the committee of ${committee.length} has announced no decision (${reached} of them connected to this peer)`;
    }
    const lacking = [...this.announced].filter(([digest]) => this.missing.has(digest.slice(0, 8)));
    const bodies = lacking
      .slice(0, MOST_NAMED)
      .map(
        ([digest, worker]) =>
          `${nameOf(worker)}'s contribution is announced but not to be had${this.why(digest)}`,
      );
    if (this.stage === 'agreeing')
      return ['votes of more than two thirds of the committee are not in', ...bodies].join('; ');
    if (this.stage === 'aggregating')
      return ['the proposed list is being fetched and aggregated', ...bodies].join('; ');
    const heard = new Set(this.announced.values());
    const absent = cohort.filter((peer) => !heard.has(peer));
    const contributions = `${cohort.length - absent.length} of ${cohort.length} contributions are announced (${needed} are needed)`;
    const silent = absent.length === 0 ? [] : [`none from ${namesOf(absent)}`];
    const waiting = proposer === undefined ? [] : [`no proposal from ${nameOf(proposer)}`];
    return [contributions, ...silent, ...waiting, ...bodies].join('; ');
  }

  private last = new Map<Phase, number>();

  private took(phase: Phase, seconds: number): void {
    this.phases.set(phase, (this.phases.get(phase) ?? 0) + seconds);
  }

  private begin(): void {
    this.last = this.phases;
    this.phases = new Map();
    this.announced = new Map();
    this.missing = new Map();
    this.isMember = false;
    this.stage = 'collecting';
    this.adopting = undefined;
  }

  private why(digest: Digest | undefined): string {
    const reason = digest === undefined ? undefined : this.missing.get(digest.slice(0, 8));
    return reason === undefined ? '' : ` (${reason})`;
  }
}

export function nameOf(peer: PeerId): string {
  return `...${peer.slice(-6)}`;
}

/** The first few by the ends of their ids, and how many more. */
export function namesOf(peers: readonly PeerId[]): string {
  const named = peers.slice(0, MOST_NAMED).map(nameOf).join(', ');
  return peers.length > MOST_NAMED ? `${named} and ${peers.length - MOST_NAMED} more` : named;
}
