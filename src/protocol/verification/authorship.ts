/**
 * The order of work for what is said about another round or state than the one that is played: nothing is kept,
 * passed on, asked or answered before it is known that somebody with a seat has signed it. A seat is a look-up in a
 * set, so what strangers invent costs that much and no more.
 */
import type { UnverifiedAbandon } from '../../messages/abandon.ts';
import type { UnverifiedContribution } from '../../messages/contribution.ts';
import type { UnverifiedDecision } from '../../messages/decision.ts';
import type { OpeningMessage } from '../../messages/opening.ts';
import type { UnverifiedProposal } from '../../messages/proposal.ts';
import type { UnverifiedVote } from '../../messages/vote.ts';
import { unreachable } from '../../foundation/assert.ts';
import type { Digest } from '../../crypto/hash.ts';
import type { PeerId } from '../../crypto/peer-id.ts';
import type { Chain } from '../chain/chain.ts';
import type { MessageFault } from '../fault.ts';
import { heardIn } from '../chain/roster.ts';
import type { Checked } from './statement-verifier.ts';
import type { Verifier } from './verifier.ts';

/** What is said about one round on one state. */
export type Statement =
  | UnverifiedContribution
  | UnverifiedProposal
  | UnverifiedVote
  | UnverifiedDecision
  | UnverifiedAbandon
  | OpeningMessage;

export interface About {
  readonly round: number;
  readonly anchor: Digest;
  /** Whoever signed it; of an opening, whoever signed its first statement. */
  readonly author: PeerId;
  /** What its author may say once: another statement in one slot is a repetition or an equivocation. */
  readonly slot: string;
}

export function aboutOf(statement: Statement): About {
  switch (statement.kind) {
    case 'contribution': {
      const { round, anchor, worker } = statement;
      return { round, anchor, author: worker, slot: 'contribution' };
    }
    case 'vote': {
      const { round, anchor, voter, phase, attempt, view } = statement;
      return { round, anchor, author: voter, slot: `${phase} ${attempt} ${view}` };
    }
    case 'proposal': {
      const { round, anchor, proposer, attempt, view } = statement;
      return { round, anchor, author: proposer, slot: `proposal ${attempt} ${view}` };
    }
    case 'abandon': {
      const { round, anchor, peer, attempt } = statement;
      return { round, anchor, author: peer, slot: `abandon ${attempt}` };
    }
    case 'opening': {
      const { round, anchor, attempt, statements } = statement.opening;
      return { round, anchor, author: statements[0]?.peer ?? '', slot: `opening ${attempt}` };
    }
    case 'decision': {
      const { round, anchor, author } = statement.value;
      return { round, anchor, author, slot: 'decision' };
    }
    default:
      return unreachable(statement);
  }
}

/** undefined where the author has a seat on this chain and has signed; of a decision, where its value's author has. */
export function faultOfAuthorship(
  verifier: Verifier,
  chain: Chain,
  statement: Statement,
): MessageFault | undefined {
  const fault = faultOf(verifier, chain, statement);
  return verifier.rules.admits(fault) ? undefined : fault;
}

function faultOf(verifier: Verifier, chain: Chain, statement: Statement): MessageFault | undefined {
  if (!heardIn(chain.roster).has(aboutOf(statement).author)) return 'not-in-roster';
  const checked = signatureOf(verifier, statement);
  return checked.ok ? undefined : checked.fault;
}

function signatureOf(verifier: Verifier, statement: Statement): Checked<unknown> {
  switch (statement.kind) {
    case 'contribution':
      return verifier.contribution(statement);
    case 'vote':
      return verifier.vote(statement);
    case 'proposal':
      return verifier.proposalSignatures(statement);
    case 'abandon':
      return verifier.abandon(statement);
    case 'opening':
      return verifier.firstStatement(statement.opening);
    case 'decision':
      return verifier.authorship(statement.value);
    default:
      return unreachable(statement);
  }
}
