/**
 * What the follower knows of its disk and its application: which rounds at or above the head are stored already, and
 * before which round the application stands. Also the way without the model: a peer that is far behind checks and
 * stores decisions only, then gets a checkpoint and replays what follows it.
 */
import type { Digest } from '../../crypto/hash.ts';
import type { PeerId } from '../../crypto/peer-id.ts';
import type { Decision } from '../../messages/decision.ts';
import { committeeOf, type Chain } from './chain.ts';
import type { ProtocolConfig } from '../config.ts';
import type { Outbox } from '../outbox.ts';
import { MAX_RESTORES } from '../limits.ts';
import { signersOf } from '../verification/certificate-signers.ts';
import { peersIn } from './roster.ts';
import type { DecidedRound, Timeline } from './timeline.ts';

/**
 * Who is behind by more rounds takes a state instead of their updates. Never while the updates are fewer bytes: a peer on
 * a slow line, which is behind by so many again when it has a state, would fetch one state after the other.
 */
export function roundsWorthAState({ checkpointRounds, stateBytes, maxUpdateBytes }: ProtocolConfig): number {
  return Math.max(2 * checkpointRounds, Math.ceil(stateBytes / Math.max(1, maxUpdateBytes)));
}

export class DiskState {
  /** The round before which the application stands. */
  applied = 0;
  private failedRestores = 0;
  /** Rewinds and restores that are not answered yet; they are answered in order. */
  private rebuilds = 0;
  private readonly values = new Map<number, Digest>();
  private readonly outbox: Outbox;
  private readonly timeline: Timeline;

  constructor(outbox: Outbox, timeline: Timeline) {
    this.outbox = outbox;
    this.timeline = timeline;
  }

  /** Rounds that were cut off the timeline stay on the disk until another value takes their place. */
  keep(cut: readonly DecidedRound[]): void {
    for (const { chain, value } of cut) this.values.set(chain.round, value);
  }

  has(round: number, value: Digest): boolean {
    return this.values.get(round) === value;
  }

  /** A decision is about to be stored; true where what is stored from its round on has to go. */
  replaces(round: number, value: Digest): boolean {
    const known = this.values.get(round);
    this.values.delete(round);
    if (known === undefined || known === value) return false;
    this.values.clear();
    return true;
  }

  /** Extends the timeline without applying anything. */
  follow(decision: Decision, value: Digest, next: Chain): void {
    const { round, seed } = this.timeline.head;
    if (!this.has(round, value)) {
      const truncate = this.replaces(round, value);
      this.outbox.put({ type: 'storeDecision', context: { round, seed }, decision, truncate });
    }
    this.values.delete(round);
    this.timeline.push(decision, value, next);
    this.forgetOld();
  }

  /** Keeps what a restored checkpoint would be replayed from: two checkpoint intervals. */
  forgetOld(): void {
    const { round } = this.timeline.head;
    const every = this.outbox.config.checkpointRounds;
    const newest = round - (round % every);
    if (newest - every > this.applied) this.timeline.forgetBelow(newest - every);
  }

  /** Whether a checkpoint of others is nearer to the head than the application is. */
  get isFarBehind(): boolean {
    return this.timeline.head.round - this.applied > roundsWorthAState(this.outbox.config);
  }

  /** Asks for the application to be brought to the state before a round. */
  rewind(round: number): void {
    this.rebuilds += 1;
    this.outbox.put({ type: 'rewind', round });
  }

  /**
   * The application stands before `round`, or could not be brought anywhere: the state of the timeline that it has, where
   * it has one. Where the peer stepped back meanwhile, another state than this one is on its way.
   */
  rebuilt(round: number | undefined, applicationDigest: Digest): Chain | 'failed' | 'on its way' {
    this.rebuilds -= 1;
    if (this.rebuilds > 0) return 'on its way';
    const chain = round === undefined ? undefined : this.timeline.before(round);
    if (chain === undefined || chain.applicationDigest !== applicationDigest) {
      this.failedRestores += 1;
      return 'failed';
    }
    this.failedRestores = 0;
    this.applied = chain.round;
    return chain;
  }

  /**
   * At the end of what others have decided: asks for a checkpoint, or for a replay from where the application stands.
   * False where neither can be done yet.
   */
  recover(): boolean {
    const { outbox, timeline, applied } = this;
    const candidates = this.checkpoints();
    const replayable = timeline.oldest <= applied;
    if (replayable && (candidates.length === 0 || this.failedRestores >= MAX_RESTORES)) {
      this.rewind(applied);
      return true;
    }
    if (candidates.length === 0) return false;
    this.rebuilds += 1;
    const sources = this.holders(candidates).filter((peer) => peer !== outbox.self);
    outbox.put({ type: 'restore', candidates, sources });
    return true;
  }

  /** All seats, those first that signed the newest of the states and so have had it. */
  private holders([newest]: readonly Chain[]): readonly PeerId[] {
    const { timeline, outbox } = this;
    const everyone = peersIn(timeline.head.roster);
    const decided = newest && timeline.at(newest.round - 1);
    if (decided === undefined) return everyone;
    const { certificate } = decided.decision;
    const committee = committeeOf(outbox.config, decided.chain, certificate.attempt);
    const signers = new Set(signersOf(committee, certificate).map(({ voter }) => voter));
    return [
      ...everyone.filter((peer) => signers.has(peer)),
      ...everyone.filter((peer) => !signers.has(peer)),
    ];
  }

  /** States newer than the application's that others may have a checkpoint of, newest first. */
  private checkpoints(): Chain[] {
    const { timeline, applied } = this;
    const candidates: Chain[] = [];
    for (let round = timeline.head.round; round > Math.max(applied, timeline.oldest - 1); round--) {
      const chain = timeline.before(round);
      if (round % this.outbox.config.checkpointRounds === 0 && chain !== undefined) candidates.push(chain);
    }
    return candidates;
  }

  get size(): number {
    return this.values.size;
  }
}
