/** The encodings of what messages are made of, and of what is stored: records with the bounds of an experiment. */
import type { Held, UnverifiedAbandon, UnverifiedOpening, OpeningStatement } from './abandon.ts';
import {
  bytes,
  choice,
  constant,
  digest,
  integer,
  list,
  nullable,
  optional,
  record,
  text,
  union,
} from './codec.ts';
import type { Codec } from './codec.ts';
import type { ListedContribution, UnverifiedContribution } from './contribution.ts';
import type { Outcome, UnverifiedDecision } from './decision.ts';
import type { Evidence, EvidenceSlot, SignedStatement } from './evidence.ts';
import {
  MAX_ATTEMPT,
  MAX_CHANGES_PER_VALUE,
  MAX_PEER_ID_CHARS,
  MAX_PROOF_BYTES,
  MAX_ROUND,
  MAX_SIGNATURE_BYTES,
  MAX_VIEW,
  type MessageLimits,
} from './limits.ts';
import type { OpeningMessage } from './opening.ts';
import type { UnverifiedProposal, Value } from './proposal.ts';
import type { RosterChange, UnverifiedJoin, UnverifiedLeave } from './roster-change.ts';
import type { Bound } from './shape.ts';
import type { UnverifiedCertificate, UnverifiedVote, VotePhase } from './vote.ts';

const round = integer(MAX_ROUND);
const attempt = integer(MAX_ATTEMPT);
const view = integer(MAX_VIEW);
const peer = text(MAX_PEER_ID_CHARS);
const signature = bytes(MAX_SIGNATURE_BYTES);
const phase: Codec<VotePhase> = choice({ prevote: 0, precommit: 1 });

const vote = record<UnverifiedVote>('vote', {
  kind: constant('vote'),
  phase,
  round,
  attempt,
  view,
  anchor: digest,
  voter: peer,
  value: nullable(digest),
  signature,
});

const held = record<Held>('held value', { attempt, value: digest });

const abandon = record<UnverifiedAbandon>('abandonment', {
  kind: constant('abandon'),
  round,
  attempt,
  anchor: digest,
  peer,
  holds: nullable(held),
  signature,
});

const join = record<UnverifiedJoin>('join', {
  kind: constant('join'),
  peer,
  round,
  signature,
  permit: optional(signature),
});

const leave = record<UnverifiedLeave>('leave', { kind: constant('leave'), peer, round, signature });

const statement = union<SignedStatement, 'about'>('signed statement', 'about', {
  contribution: [
    0,
    record('signed contribution', {
      about: constant('contribution'),
      digest,
      byteLength: integer(Number.MAX_SAFE_INTEGER),
      signature,
    }),
  ],
  proposal: [1, record('signed proposal', { about: constant('proposal'), value: digest, signature })],
  vote: [2, record('signed vote', { about: constant('vote'), value: nullable(digest), signature })],
  abandon: [
    3,
    record('signed abandonment', { about: constant('abandon'), holds: nullable(held), signature }),
  ],
});

const slot = union<EvidenceSlot, 'about'>('slot', 'about', {
  contribution: [
    0,
    record('slot of a contribution', { about: constant('contribution'), round, anchor: digest }),
  ],
  proposal: [
    1,
    record('slot of a proposal', { about: constant('proposal'), round, attempt, view, anchor: digest }),
  ],
  vote: [
    2,
    record('slot of a vote', { about: constant('vote'), phase, round, attempt, view, anchor: digest }),
  ],
  abandon: [
    3,
    record('slot of an abandonment', { about: constant('abandon'), round, attempt, anchor: digest }),
  ],
});

const evidence = record<Evidence>('evidence', {
  kind: constant('evidence'),
  peer,
  slot,
  first: statement,
  second: statement,
});

const change = union<RosterChange, 'kind'>('roster change', 'kind', {
  join: [0, join],
  leave: [1, leave],
  evidence: [2, evidence],
});

/** The bounds that are the experiment's, with their words. */
function boundsOf({ maxPeers, maxContributionBytes, maxUpdateBytes, inlineBytes }: MessageLimits) {
  const inline = (most: number, said: string): Bound => ({
    most: Math.min(inlineBytes, most),
    said: `min(inlineBytes, ${said})`,
  });
  return {
    peers: { most: maxPeers, said: 'maxPeers' },
    signerBits: { most: Math.ceil(maxPeers / 8), said: 'ceil(maxPeers / 8)' },
    contribution: { most: maxContributionBytes, said: 'maxContributionBytes' },
    update: { most: maxUpdateBytes, said: 'maxUpdateBytes' },
    inlineContribution: inline(maxContributionBytes, 'maxContributionBytes'),
    inlineUpdate: inline(maxUpdateBytes, 'maxUpdateBytes'),
  } as const;
}

/** The codecs whose bounds depend on the experiment. */
export function recordCodecs(limits: MessageLimits) {
  const most = boundsOf(limits);
  const outcome = record<Outcome>('outcome', {
    updateDigest: digest,
    updateByteLength: integer(most.update),
    applicationDigest: digest,
  });
  const listed = record<ListedContribution>('listed contribution', {
    worker: peer,
    digest,
    byteLength: integer(most.contribution),
    signature,
  });
  const contribution = record<UnverifiedContribution>('contribution', {
    kind: constant('contribution'),
    round,
    anchor: digest,
    worker: peer,
    digest,
    byteLength: integer(most.contribution),
    signature,
    body: optional(bytes(most.inlineContribution)),
  });
  const certificate = record<UnverifiedCertificate>('certificate', {
    phase,
    round,
    attempt,
    view,
    anchor: digest,
    value: digest,
    signers: bytes(most.signerBits),
    signatures: list(signature, most.peers),
  });
  const opening = record<UnverifiedOpening>('opening', {
    round,
    attempt,
    anchor: digest,
    statements: list(
      record<OpeningStatement>('statement of an opening', { peer, holds: nullable(held), signature }),
      most.peers,
    ),
  });
  const value = record<Value>('value', {
    round,
    attempt,
    view,
    anchor: digest,
    author: peer,
    contributions: list(listed, most.peers),
    changes: list(change, MAX_CHANGES_PER_VALUE),
    beaconProof: bytes(MAX_PROOF_BYTES),
    signature,
  });
  const decision = record<UnverifiedDecision>('decision', {
    kind: constant('decision'),
    value,
    outcome,
    certificate,
    opening: optional(opening),
    body: optional(bytes(most.inlineUpdate)),
  });
  const proposal = record<UnverifiedProposal>('proposal', {
    kind: constant('proposal'),
    round,
    attempt,
    view,
    anchor: digest,
    proposer: peer,
    value,
    polka: optional(certificate),
    opening: optional(opening),
    held: optional(decision),
    signature,
  });
  const openingMessage = record<OpeningMessage>('opening message', {
    kind: constant('opening'),
    opening,
    held: optional(decision),
  });
  return {
    join,
    leave,
    evidence,
    contribution,
    decision,
    proposal,
    value,
    vote,
    abandon,
    opening,
    openingMessage,
    certificate,
    outcome,
  };
}
