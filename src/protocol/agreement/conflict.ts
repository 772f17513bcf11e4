/** Builds evidence from two statements of one peer in one slot; whether it convicts is the verifier's to say. */
import type { Digest } from '../../crypto/hash.ts';
import type { PeerId } from '../../crypto/peer-id.ts';
import type { OpeningStatement } from '../../messages/abandon.ts';
import type { ListedContribution } from '../../messages/contribution.ts';
import type { Evidence, EvidenceSlot, SignedStatement } from '../../messages/evidence.ts';
import type { UnverifiedProposal } from '../../messages/proposal.ts';
import type { UnverifiedVote } from '../../messages/vote.ts';
import { contentDigest, statementBytes } from '../verification/statements.ts';

function inOrder(
  experiment: Digest,
  peer: PeerId,
  slot: EvidenceSlot,
  a: SignedStatement,
  b: SignedStatement,
): Evidence {
  const [first, second] = [a, b].sort((one, other) =>
    Buffer.compare(
      statementBytes(experiment, slot, one) ?? new Uint8Array(),
      statementBytes(experiment, slot, other) ?? new Uint8Array(),
    ),
  ) as [SignedStatement, SignedStatement];
  return { kind: 'evidence', peer, slot, first, second };
}

export function contributionConflict(
  experiment: Digest,
  at: { readonly round: number; readonly anchor: Digest },
  a: ListedContribution,
  b: ListedContribution,
): Evidence {
  const { round, anchor } = at;
  const state = ({ digest, byteLength, signature }: ListedContribution): SignedStatement => ({
    about: 'contribution',
    digest,
    byteLength,
    signature,
  });
  return inOrder(experiment, a.worker, { about: 'contribution', round, anchor }, state(a), state(b));
}

export function proposalConflict(experiment: Digest, a: UnverifiedProposal, b: UnverifiedProposal): Evidence {
  const { round, attempt, view, anchor } = a;
  const state = ({ value, signature }: UnverifiedProposal): SignedStatement => ({
    about: 'proposal',
    value: contentDigest(value),
    signature,
  });
  return inOrder(
    experiment,
    a.proposer,
    { about: 'proposal', round, attempt, view, anchor },
    state(a),
    state(b),
  );
}

export function voteConflict(experiment: Digest, a: UnverifiedVote, b: UnverifiedVote): Evidence {
  const { phase, round, attempt, view, anchor } = a;
  const state = ({ value, signature }: UnverifiedVote): SignedStatement => ({
    about: 'vote',
    value,
    signature,
  });
  return inOrder(
    experiment,
    a.voter,
    { about: 'vote', phase, round, attempt, view, anchor },
    state(a),
    state(b),
  );
}

/** Two abandonments of one attempt: one that holds no decision and one that does, or two that hold different ones. */
export function abandonConflict(
  experiment: Digest,
  at: { readonly round: number; readonly attempt: number; readonly anchor: Digest },
  a: OpeningStatement,
  b: OpeningStatement,
): Evidence {
  const { round, attempt, anchor } = at;
  const state = ({ holds, signature }: OpeningStatement): SignedStatement => ({
    about: 'abandon',
    holds,
    signature,
  });
  return inOrder(experiment, a.peer, { about: 'abandon', round, attempt, anchor }, state(a), state(b));
}
