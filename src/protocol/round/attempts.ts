/**
 * The attempts of one round, as this peer sees them: which one is on, who has given it up, and what opens the next
 * (docs/protocol.md, "When a committee fails").
 */
import type { PeerId } from '../../crypto/peer-id.ts';
import { isSameHold, type UnverifiedAbandon } from '../../messages/abandon.ts';
import type { Decision, UnverifiedDecision } from '../../messages/decision.ts';
import type { Evidence } from '../../messages/evidence.ts';
import type { Opened, UnverifiedOpened } from '../../messages/opening.ts';
import type { UnverifiedProposal } from '../../messages/proposal.ts';
import { Abandonment } from '../agreement/abandonment.ts';
import type { Auditor } from '../agreement/auditor.ts';
import { abandonConflict } from '../agreement/conflict.ts';
import { checkOpened } from '../verification/opening-check.ts';
import type { SignedJournal } from '../agreement/signed-journal.ts';
import { committeeOf, isLastAttempt, type Chain } from '../chain/chain.ts';
import { servingIn } from '../chain/roster.ts';
import type { MessageFault } from '../fault.ts';
import type { Outbox } from '../outbox.ts';

export interface AttemptsParts {
  readonly outbox: Outbox;
  readonly chain: Chain;
  readonly journal: SignedJournal;
  readonly auditor: Auditor;
  /** Signs nothing: the disk was lost and what was signed before is not known. */
  readonly silent: boolean;
  /** The newest attempt that is known to be open. */
  readonly opened?: Opened;
  readonly onEvidence: (evidence: Evidence) => void;
  /** This peer has given the attempt up, and votes in it no more. */
  readonly onLeft: () => void;
  /** A later attempt is on. */
  readonly onEntered: (opened: Opened) => void;
  /** So many hold a decision that no opening without it can exist. */
  readonly onConfirmed: (decision: Decision) => void;
}

export class Attempts {
  readonly abandonment: Abandonment;
  private readonly parts: AttemptsParts;
  private current: Opened | undefined;

  constructor(parts: AttemptsParts) {
    const { outbox, chain, journal, opened } = parts;
    this.parts = parts;
    this.current = opened;
    this.abandonment = new Abandonment(chain, outbox.verifier.rules);
    this.knowsOf(journal.memory.held);
    if (opened?.held !== undefined) this.abandonment.knows(opened.held);
  }

  /** A decision of this round from the disk: known where it is one. */
  private knowsOf(held: UnverifiedDecision | undefined): void {
    const { outbox, chain } = this.parts;
    const checked = held === undefined ? undefined : outbox.verifier.decision(chain, held);
    if (checked?.ok === true) this.abandonment.knows(checked.value.decision);
  }

  /** Why the attempt may run; undefined in the first. */
  get opened(): Opened | undefined {
    return this.current;
  }

  get attempt(): number {
    return this.current === undefined ? 0 : this.current.opening.attempt + 1;
  }

  get committee(): readonly PeerId[] {
    return committeeOf(this.parts.outbox.config, this.parts.chain, this.attempt);
  }

  get isLast(): boolean {
    return isLastAttempt(this.parts.outbox.config, this.parts.chain, this.attempt);
  }

  /** Whether this peer has given up the attempt that is on, or a later one. */
  get isLeft(): boolean {
    return this.said().length > 0;
  }

  private said(): readonly UnverifiedAbandon[] {
    return this.parts.journal.memory.abandons.filter((said) => said.attempt >= this.attempt);
  }

  onAbandon(message: UnverifiedAbandon): MessageFault | undefined {
    const { outbox, chain, onEvidence } = this.parts;
    if (!servingIn(chain.roster).has(message.peer)) return 'not-in-roster';
    if (isLastAttempt(outbox.config, chain, message.attempt)) return 'out-of-range';
    const known = this.abandonment.statement(message.attempt, message.peer);
    if (known !== undefined && isSameHold(known.holds, message.holds)) return 'duplicate';
    const checked = outbox.verifier.abandon(message);
    if (!checked.ok) return checked.fault;
    if (known !== undefined) {
      onEvidence(abandonConflict(outbox.config.experiment, message, known, message));
      return 'equivocation';
    }
    this.abandonment.add(checked.value);
    const { attempt, committee, abandonment } = this;
    if (abandonment.mayJoin(attempt) || abandonment.leavesNoQuorum(attempt, committee)) this.abandon();
    this.goOn();
    return undefined;
  }

  /** Waits no longer for the attempt, whose members `silent` did not vote: signs so, and votes in it no more. */
  abandon(silent: readonly PeerId[] = []): void {
    const { outbox, journal, chain, onLeft } = this.parts;
    const { attempt } = this;
    if (this.parts.silent || !servingIn(chain.roster).has(outbox.self) || this.isLast || this.isLeft) return;
    const statement = journal.abandon(attempt, this.abandonment.held, this.abandonment.heldDecision);
    outbox.persistAndPublish(journal.memory, statement);
    outbox.report({ event: 'abandoned', round: chain.round, attempt, silent });
    onLeft();
  }

  /** Adopts the decision that enough hold, or opens the next attempt where enough gave this one up. */
  goOn(): void {
    const confirmed = this.abandonment.confirmed();
    if (confirmed !== undefined && confirmed.certificate.attempt >= this.attempt) {
      return this.parts.onConfirmed(confirmed);
    }
    const opened = this.abandonment.opened(this.attempt);
    if (opened !== undefined) this.enter(opened);
  }

  onOpening(message: UnverifiedOpened): MessageFault | undefined {
    const { outbox, chain, auditor } = this.parts;
    const { opening } = message;
    if (opening.attempt + 1 <= this.attempt) {
      return opening.attempt + 1 === this.attempt ? 'duplicate' : 'stale';
    }
    if (isLastAttempt(outbox.config, chain, opening.attempt)) return 'out-of-range';
    const opened = checkOpened(outbox.verifier, chain, message);
    if (!opened.ok) return opened.fault;
    auditor.opening(opened.value.opening, this.abandonment);
    this.enter(opened.value);
    return undefined;
  }

  /** A proposal of a later attempt shows why that one is on. */
  onProposal(message: UnverifiedProposal): MessageFault | undefined {
    const { outbox, chain } = this.parts;
    const { opening, held } = message;
    if (opening === undefined || opening.attempt + 1 <= this.attempt) return undefined;
    // an opening is as many signatures as the roster has seats: not on a stranger's word
    if (!servingIn(chain.roster).has(message.proposer)) return 'not-in-roster';
    const sealed = outbox.verifier.proposalSignatures(message);
    if (!sealed.ok) return sealed.fault;
    return this.onOpening(held === undefined ? { opening } : { opening, held });
  }

  private enter(opened: Opened): void {
    const { outbox, chain, onEntered } = this.parts;
    this.current = opened;
    if (opened.held !== undefined) this.abandonment.knows(opened.held);
    outbox.report({ event: 'attempt-opened', round: chain.round, attempt: this.attempt });
    onEntered(opened);
  }

  /** Says again what this peer has said of the attempt, and why it is on. */
  rebroadcast(): void {
    const { outbox } = this.parts;
    const said = this.said();
    for (const statement of said) outbox.publish(statement);
    const { heldDecision } = this.abandonment;
    // a word that names a decision counts only where that is known, and nobody else may be left who can show it
    if (heldDecision !== undefined && said.some(({ holds }) => holds !== null)) outbox.publish(heldDecision);
    // also by one outside the committee that gave the attempt up: those who decided the round may not know that it is open
    if (this.current !== undefined && (this.committee.includes(outbox.self) || said.length > 0)) {
      outbox.publish({ kind: 'opening', ...this.current });
    }
  }
}
