/**
 * How a round gets from an attempt whose committee is gone to the next one, without two decisions: more than two
 * thirds of the serving peers say that they abandon the attempt and which decision they hold (docs/protocol.md). What
 * is kept: one statement per peer and attempt of this round.
 */
import type { PeerId } from '../../crypto/peer-id.ts';
import type { Abandon, Held, Opening } from '../../messages/abandon.ts';
import type { Decision } from '../../messages/decision.ts';
import type { Opened } from '../../messages/opening.ts';
import type { Chain } from '../chain/chain.ts';
import { servingIn } from '../chain/roster.ts';
import type { Rules } from '../rules.ts';
import { newestHeld } from '../verification/verifier.ts';

export class Abandonment {
  private readonly chain: Chain;
  private readonly rules: Rules;
  private readonly enoughToOpen: number;
  private readonly enoughToConfirm: number;
  private readonly oneHonest: number;
  private readonly statements = new Map<number, Map<PeerId, Abandon>>();
  /** Decisions of this round by attempt, valid but perhaps not to be adopted. */
  private readonly known = new Map<number, { readonly held: Held; readonly decision: Decision }>();
  private readonly waited = new Set<number>();

  constructor(chain: Chain, rules: Rules) {
    this.chain = chain;
    this.rules = rules;
    const { size } = servingIn(chain.roster);
    this.enoughToOpen = rules.quorum(size, 'abandonments');
    this.enoughToConfirm = rules.quorum(size, 'holders');
    this.oneHonest = rules.oneHonest(size, 'giving up');
  }

  knows(decision: Decision): void {
    const { attempt, value } = decision.certificate;
    if (!this.known.has(attempt)) this.known.set(attempt, { held: { attempt, value }, decision });
  }

  private get newest(): { readonly held: Held; readonly decision: Decision } | undefined {
    return this.known.get(Math.max(...this.known.keys()));
  }

  get held(): Held | null {
    return this.newest?.held ?? null;
  }

  /** The decision that is held. */
  get heldDecision(): Decision | undefined {
    return this.newest?.decision;
  }

  statement(attempt: number, peer: PeerId): Abandon | undefined {
    return this.statements.get(attempt)?.get(peer);
  }

  add(statement: Abandon): void {
    const said = this.statements.get(statement.attempt) ?? new Map<PeerId, Abandon>();
    this.statements.set(statement.attempt, said);
    if (!said.has(statement.peer)) said.set(statement.peer, statement);
  }

  /** Whether one honest peer at least has abandoned an attempt at or above this one. */
  mayJoin(attempt: number): boolean {
    return this.leftBy(attempt).size >= this.oneHonest;
  }

  /** Whether so many of the attempt's committee have left it, for good, that it cannot decide any more. */
  leavesNoQuorum(attempt: number, committee: readonly PeerId[]): boolean {
    const left = this.leftBy(attempt);
    const staying = committee.filter((member) => !left.has(member)).length;
    return staying < this.rules.quorum(committee.length, 'precommits');
  }

  /** Who has abandoned an attempt at or above this one. */
  private leftBy(attempt: number): ReadonlySet<PeerId> {
    const peers = new Set<PeerId>();
    for (const [said, statements] of this.statements) {
      if (said >= attempt) for (const peer of statements.keys()) peers.add(peer);
    }
    return peers;
  }

  /**
   * The known decision that so many peers hold that no opening without it can exist. Only what was said about its own
   * attempt counts: who abandons a later attempt may name a decision that is void already.
   */
  confirmed(): Decision | undefined {
    const newest = this.newest;
    if (newest === undefined) return undefined;
    let holders = 0;
    for (const { holds } of this.statements.get(newest.held.attempt)?.values() ?? []) {
      if (holds?.attempt === newest.held.attempt && holds.value === newest.held.value) holders += 1;
    }
    return holders >= this.enoughToConfirm ? newest.decision : undefined;
  }

  /**
   * The opening that the statements give for the attempt after `attempt`, or later. One that forces a held value
   * waits for a second call, since the holders may turn out to be enough by themselves.
   */
  opened(attempt: number): Opened | undefined {
    for (const said of [...this.statements.keys()].sort((a, b) => b - a)) {
      if (said < attempt) break;
      const usable = [...(this.statements.get(said)?.values() ?? [])].filter(({ holds }) =>
        this.isKnown(holds),
      );
      if (usable.length < this.enoughToOpen) continue;
      const { round, anchor } = this.chain;
      const statements = usable
        .map(({ peer, holds, signature }) => ({ peer, holds, signature }))
        .sort((a, b) => (a.peer < b.peer ? -1 : 1));
      // every statement in it was verified, and there are enough of them
      const opening = { round, attempt: said, anchor, statements } as unknown as Opening;
      const holds = newestHeld(opening);
      if (holds === undefined) return { opening };
      if (this.waited.has(said)) return { opening, ...this.decisionOf(holds) };
      this.waited.add(said);
    }
    return undefined;
  }

  private decisionOf({ attempt }: Held): { held?: Decision } {
    const decision = this.known.get(attempt)?.decision;
    return decision === undefined ? {} : { held: decision };
  }

  /** A statement counts where it holds nothing, or a decision that can be shown. */
  private isKnown(holds: Held | null): boolean {
    return holds === null || this.known.get(holds.attempt)?.held.value === holds.value;
  }

  get size(): number {
    let size = 0;
    for (const statements of this.statements.values()) size += statements.size;
    return size;
  }
}
