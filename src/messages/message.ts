/** Everything that travels between machines, and the channels it travels on. */
import type { UnverifiedAbandon } from './abandon.ts';
import type { UnverifiedContribution } from './contribution.ts';
import type { UnverifiedDecision } from './decision.ts';
import type { Evidence } from './evidence.ts';
import type { OpeningMessage } from './opening.ts';
import type { UnverifiedProposal } from './proposal.ts';
import type { UnverifiedJoin, UnverifiedLeave } from './roster-change.ts';
import type { UnverifiedVote } from './vote.ts';

export type Message =
  | UnverifiedContribution
  | UnverifiedProposal
  | UnverifiedVote
  | UnverifiedDecision
  | UnverifiedAbandon
  | OpeningMessage
  | UnverifiedJoin
  | UnverifiedLeave
  | Evidence;

export type MessageKind = Message['kind'];

/** What becomes of a message: it is passed on; dropped in silence; dropped, and blamed on whoever sent it. */
export type Verdict = 'accept' | 'ignore' | 'reject';

/** `contributions` and `consensus` are read by the committee only, `announcements` by everyone. */
export type Channel = 'contributions' | 'consensus' | 'announcements';

export const CHANNEL_OF: { readonly [K in MessageKind]: Channel } = {
  contribution: 'contributions',
  proposal: 'consensus',
  vote: 'consensus',
  decision: 'announcements',
  abandon: 'announcements',
  opening: 'announcements',
  join: 'announcements',
  leave: 'announcements',
  evidence: 'announcements',
};
