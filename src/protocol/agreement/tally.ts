/** The votes of one attempt by view and phase: the first of each member counts, a second, different one is evidence. */
import type { Digest } from '../../crypto/hash.ts';
import type { PeerId } from '../../crypto/peer-id.ts';
import type { Certificate, Vote, VotePhase } from '../../messages/vote.ts';
import { VIEWS_AHEAD, VIEWS_BEHIND } from '../limits.ts';
import type { Rules } from '../rules.ts';

type Box = { readonly [P in VotePhase]: Map<PeerId, Vote> };

export type Added = 'new' | 'duplicate' | 'far' | { readonly conflictsWith: Vote };

export class Tally {
  readonly committee: readonly PeerId[];
  private readonly quorums: { readonly [P in VotePhase]: number };
  private readonly oneHonest: number;
  private readonly boxes = new Map<number, Box>();
  private readonly newestView = new Map<PeerId, number>();

  constructor(committee: readonly PeerId[], rules: Rules) {
    this.committee = committee;
    const { length } = committee;
    this.quorums = {
      prevote: rules.quorum(length, 'prevotes'),
      precommit: rules.quorum(length, 'precommits'),
    };
    this.oneHonest = rules.oneHonest(length, 'later view');
  }

  /** Where a vote stands that is about to be verified, so that nothing is verified twice. */
  find(voter: PeerId, view: number, phase: VotePhase): Vote | undefined {
    return this.boxes.get(view)?.[phase].get(voter);
  }

  /** Adds a member's verified vote, seen from a view. */
  add(vote: Vote, currentView: number): Added {
    this.newestView.set(vote.voter, Math.max(vote.view, this.newestView.get(vote.voter) ?? 0));
    if (vote.view > currentView + VIEWS_AHEAD || vote.view < currentView - VIEWS_BEHIND) return 'far';
    let box = this.boxes.get(vote.view);
    if (box === undefined) {
      this.boxes.set(vote.view, (box = { prevote: new Map(), precommit: new Map() }));
    }
    const known = box[vote.phase].get(vote.voter);
    if (known !== undefined) return known.value === vote.value ? 'duplicate' : { conflictsWith: known };
    box[vote.phase].set(vote.voter, vote);
    return 'new';
  }

  count(phase: VotePhase, view: number, value: Digest | null): number {
    let count = 0;
    for (const vote of this.boxes.get(view)?.[phase].values() ?? []) if (vote.value === value) count += 1;
    return count;
  }

  /** The votes of a view that are here. */
  votesAt(view: number): Vote[] {
    const box = this.boxes.get(view);
    return box === undefined ? [] : [...box.prevote.values(), ...box.precommit.values()];
  }

  total(phase: VotePhase, view: number): number {
    return this.boxes.get(view)?.[phase].size ?? 0;
  }

  /** Whether a quorum has voted in a phase, for whatever. */
  isQuorate(phase: VotePhase, view: number): boolean {
    return this.total(phase, view) >= this.quorums[phase];
  }

  hasQuorum(phase: VotePhase, view: number, value: Digest | null): boolean {
    return this.isQuorate(phase, view) && this.count(phase, view, value) >= this.quorums[phase];
  }

  /** The newest view that one honest member at least has reached, where it is above the current one. */
  viewAhead(currentView: number): number | undefined {
    const ahead = [...this.newestView.values()].filter((view) => view > currentView);
    if (ahead.length < this.oneHonest) return undefined;
    return ahead.sort((a, b) => b - a)[this.oneHonest - 1];
  }

  /** Forgets views that can no longer decide. */
  forgetBelow(currentView: number): void {
    for (const view of this.boxes.keys()) if (view < currentView - VIEWS_BEHIND) this.boxes.delete(view);
  }

  certificate(phase: VotePhase, view: number, value: Digest): Certificate {
    const box = this.boxes.get(view)?.[phase];
    const signers = new Uint8Array(Math.ceil(this.committee.length / 8));
    const signatures: Uint8Array[] = [];
    let at: Vote | undefined;
    this.committee.forEach((member, bit) => {
      const vote = box?.get(member);
      if (vote?.value !== value || signatures.length === this.quorums[phase]) return;
      at = vote;
      signers[bit >> 3] = (signers[bit >> 3] as number) | (1 << (bit & 7));
      signatures.push(vote.signature);
    });
    if (at === undefined) throw new Error('internal error: a certificate needs votes');
    const { round, attempt, anchor } = at;
    // made of votes that were verified; callers ask only where there is a quorum
    return { phase, round, attempt, view, anchor, value, signers, signatures } as unknown as Certificate;
  }

  /** Votes that are held now, for the bound on memory. */
  get size(): number {
    let size = 0;
    for (const box of this.boxes.values()) size += box.prevote.size + box.precommit.size;
    return size;
  }
}
