/**
 * What an answer to a question for decisions is worth. It counts where it begins with a decision that holds on the head; one
 * that cannot hold is a lie, one of another history may be true there.
 */
import type { UnverifiedDecision } from '../../messages/decision.ts';
import { isBlameless, type MessageFault } from '../fault.ts';
import type { Verifier } from '../verification/verifier.ts';
import type { Chain } from './chain.ts';

export type Worth = 'fits' | 'lie' | 'nothing' | 'other-history' | 'untrusted-history';

/** Whether somebody has made a decision of another history up, as far as that can be told here. */
export type IsForged = (decision: UnverifiedDecision) => boolean;

/** `decisions`: those of the answer from the head's round on. */
export function worthOf(
  verifier: Verifier,
  head: Chain,
  decisions: readonly UnverifiedDecision[],
  isForged: IsForged,
): Worth {
  const [first] = decisions;
  if (first === undefined) return 'nothing';
  if (first.value.round !== head.round) return 'lie';
  const checked = verifier.decision(head, first);
  if (checked.ok) return 'fits';
  if (checked.fault === 'untrusted') return 'untrusted-history';
  return isLie(checked.fault, first, isForged) ? 'lie' : 'other-history';
}

/** Whether a decision that was refused for this fault makes a liar of whoever answered with it. */
export function isLie(
  fault: MessageFault | undefined,
  decision: UnverifiedDecision,
  isForged: IsForged,
): boolean {
  return fault === 'other-anchor' ? isForged(decision) : fault !== undefined && !isBlameless(fault);
}

/** How many of the decisions hold one on top of the other, the head below them; looks at no more than `most`. */
export function verifiedRun(
  verifier: Verifier,
  head: Chain,
  decisions: readonly UnverifiedDecision[],
  most: number,
): number {
  let chain = head;
  let count = 0;
  for (const decision of decisions.slice(0, most)) {
    const checked = verifier.decision(chain, decision);
    if (!checked.ok) break;
    chain = checked.value.next;
    count += 1;
  }
  return count;
}
