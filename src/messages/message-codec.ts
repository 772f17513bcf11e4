/** The encoding of every message, request and answer of an experiment: the one door for strangers' bytes. */
import type { Held, UnverifiedAbandon, UnverifiedOpening, OpeningStatement } from './abandon.ts';
import {
  bytes,
  choice,
  constant,
  decodeExactly,
  digest,
  encode,
  integer,
  lazy,
  list,
  nullable,
  optional,
  record,
  text,
  union,
  type Codec,
} from './codec.ts';
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
  maxDecisionBytes,
  maxMessageBytes,
  type MessageLimits,
} from './limits.ts';
import type { Message, OpeningMessage } from './message.ts';
import type { UnverifiedProposal, Value } from './proposal.ts';
import { MAX_DECISIONS_PER_ANSWER, CHECKPOINT_PIECE_BYTES, type Answer, type Request } from './request.ts';
import type { RosterChange, UnverifiedJoin, UnverifiedLeave } from './roster-change.ts';
import type { UnverifiedCertificate, UnverifiedVote, VotePhase } from './vote.ts';

const round = integer(MAX_ROUND);
const attempt = integer(MAX_ATTEMPT);
const view = integer(MAX_VIEW);
const peer = text(MAX_PEER_ID_CHARS);
const signature = bytes(MAX_SIGNATURE_BYTES);
const phase: Codec<VotePhase> = choice({ prevote: 0, precommit: 1 });

const vote = record<UnverifiedVote>({
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

const held = record<Held>({ attempt, value: digest });

const abandon = record<UnverifiedAbandon>({
  kind: constant('abandon'),
  round,
  attempt,
  anchor: digest,
  peer,
  holds: nullable(held),
  signature,
});

const join = record<UnverifiedJoin>({
  kind: constant('join'),
  peer,
  round,
  signature,
  permit: optional(signature),
});

const leave = record<UnverifiedLeave>({ kind: constant('leave'), peer, round, signature });

const statement = union<SignedStatement, 'about'>('about', {
  contribution: [
    0,
    record({
      about: constant('contribution'),
      digest,
      byteLength: integer(Number.MAX_SAFE_INTEGER),
      signature,
    }),
  ],
  proposal: [1, record({ about: constant('proposal'), value: digest, signature })],
  vote: [2, record({ about: constant('vote'), value: nullable(digest), signature })],
  abandon: [3, record({ about: constant('abandon'), holds: nullable(held), signature })],
});

const slot = union<EvidenceSlot, 'about'>('about', {
  contribution: [0, record({ about: constant('contribution'), round, anchor: digest })],
  proposal: [1, record({ about: constant('proposal'), round, attempt, view, anchor: digest })],
  vote: [2, record({ about: constant('vote'), phase, round, attempt, view, anchor: digest })],
  abandon: [3, record({ about: constant('abandon'), round, attempt, anchor: digest })],
});

const evidence = record<Evidence>({
  kind: constant('evidence'),
  peer,
  slot,
  first: statement,
  second: statement,
});

const change = union<RosterChange, 'kind'>('kind', {
  join: [0, join],
  leave: [1, leave],
  evidence: [2, evidence],
});

const outcome = (limits: MessageLimits): Codec<Outcome> =>
  record<Outcome>({
    updateDigest: digest,
    updateByteLength: integer(limits.maxUpdateBytes),
    applicationDigest: digest,
  });

/** The codecs whose bounds depend on the experiment. */
export function recordCodecs(limits: MessageLimits) {
  const listed = record<ListedContribution>({
    worker: peer,
    digest,
    byteLength: integer(limits.maxContributionBytes),
    signature,
  });
  const contribution = record<UnverifiedContribution>({
    kind: constant('contribution'),
    round,
    anchor: digest,
    worker: peer,
    digest,
    byteLength: integer(limits.maxContributionBytes),
    signature,
    body: optional(bytes(Math.min(limits.inlineBytes, limits.maxContributionBytes))),
  });
  const certificate = record<UnverifiedCertificate>({
    phase,
    round,
    attempt,
    view,
    anchor: digest,
    value: digest,
    signers: bytes(Math.ceil(limits.maxPeers / 8)),
    signatures: list(signature, limits.maxPeers),
  });
  const opening = record<UnverifiedOpening>({
    round,
    attempt,
    anchor: digest,
    statements: list(record<OpeningStatement>({ peer, holds: nullable(held), signature }), limits.maxPeers),
  });
  const value = record<Value>({
    round,
    attempt,
    view,
    anchor: digest,
    author: peer,
    contributions: list(listed, limits.maxPeers),
    changes: list(change, MAX_CHANGES_PER_VALUE),
    beaconProof: bytes(MAX_PROOF_BYTES),
    signature,
  });
  const decision = record<UnverifiedDecision>({
    kind: constant('decision'),
    value,
    outcome: outcome(limits),
    certificate,
    opening: optional(opening),
    body: optional(bytes(Math.min(limits.inlineBytes, limits.maxUpdateBytes))),
  });
  const proposal = record<UnverifiedProposal>({
    kind: constant('proposal'),
    round,
    attempt,
    view,
    anchor: digest,
    proposer: peer,
    value,
    polka: optional(certificate),
    opening: optional(opening),
    held: optional(lazy(() => decision)),
    signature,
  });
  const openingMessage = record<OpeningMessage>({
    kind: constant('opening'),
    opening,
    held: optional(decision),
  });
  return {
    contribution,
    decision,
    proposal,
    value,
    vote,
    abandon,
    opening,
    openingMessage,
    certificate,
    outcome: outcome(limits),
  };
}

export class MessageCodec {
  readonly limits: MessageLimits;
  readonly maxMessageBytes: number;
  private readonly message: Codec<Message>;
  private readonly request: Codec<Request>;
  private readonly answer: Codec<Answer>;
  private readonly decisions = new Map<number, { codec: Codec<UnverifiedDecision>; maxBytes: number }>();

  constructor(limits: MessageLimits) {
    this.limits = limits;
    const { contribution, decision, proposal, openingMessage } = recordCodecs(limits);
    this.maxMessageBytes = maxMessageBytes(limits);
    const largestBody = Math.max(limits.maxContributionBytes, limits.maxUpdateBytes, CHECKPOINT_PIECE_BYTES);
    this.message = union<Message, 'kind'>('kind', {
      contribution: [0, contribution],
      proposal: [1, proposal],
      vote: [2, vote],
      decision: [3, decision],
      abandon: [4, abandon],
      opening: [5, openingMessage],
      join: [6, join],
      leave: [7, leave],
      evidence: [8, evidence],
    });
    this.request = union<Request, 'kind'>('kind', {
      decisions: [0, record({ kind: constant('decisions'), fromRound: round })],
      checkpoint: [1, record({ kind: constant('checkpoint'), atMostRound: round })],
      body: [2, record({ kind: constant('body'), digest })],
    });
    this.answer = union<Answer, 'kind'>('kind', {
      decisions: [
        0,
        record({
          kind: constant('decisions'),
          decisions: list(bytes(maxDecisionBytes(limits)), MAX_DECISIONS_PER_ANSWER),
          head: round,
        }),
      ],
      checkpoint: [
        1,
        record({
          kind: constant('checkpoint'),
          round,
          byteLength: integer(Number.MAX_SAFE_INTEGER),
          pieces: list(digest, MAX_CHECKPOINT_PIECES),
        }),
      ],
      body: [2, record({ kind: constant('body'), body: bytes(largestBody) })],
      none: [3, record({ kind: constant('none') })],
    });
  }

  encode(message: Message): Uint8Array {
    return encode(this.message, message);
  }

  decode(data: Uint8Array): Message | undefined {
    return decodeExactly(this.message, data, this.maxMessageBytes);
  }

  encodeRequest(request: Request): Uint8Array {
    return encode(this.request, request);
  }

  decodeRequest(data: Uint8Array): Request | undefined {
    return decodeExactly(this.request, data, MAX_REQUEST_BYTES);
  }

  encodeAnswer(answer: Answer): Uint8Array {
    return encode(this.answer, answer);
  }

  /** Whoever asked has bounded the length by what it asked for. */
  decodeAnswer(data: Uint8Array): Answer | undefined {
    return decodeExactly(this.answer, data, data.length);
  }

  encodeDecision(decision: UnverifiedDecision): Uint8Array {
    return encode(this.decisionOf(this.limits.maxPeers).codec, decision);
  }

  /** `seats`: the most that the roster below the decision can have, never the most of the format. */
  decodeDecision(data: Uint8Array, seats: number): UnverifiedDecision | undefined {
    const { codec, maxBytes } = this.decisionOf(seats);
    return decodeExactly(codec, data, maxBytes);
  }

  /** Of an answer with decisions on top of a roster of so many seats. */
  maxDecisionsBytes(seats: number): number {
    return MAX_DECISIONS_PER_ANSWER * (this.decisionOf(seats).maxBytes + FRAME_BYTES) + FRAME_BYTES;
  }

  private decisionOf(seats: number): {
    readonly codec: Codec<UnverifiedDecision>;
    readonly maxBytes: number;
  } {
    const { limits, decisions } = this;
    // few sizes, so that a roster that grows does not make a codec a round
    const maxPeers = Math.min(limits.maxPeers, 2 ** Math.ceil(Math.log2(Math.max(LEAST_SEATS, seats))));
    let known = decisions.get(maxPeers);
    if (known === undefined) {
      const bounded = { ...limits, maxPeers };
      known = { codec: recordCodecs(bounded).decision, maxBytes: maxDecisionBytes(bounded) };
      decisions.set(maxPeers, known);
    }
    return known;
  }
}

export const MAX_REQUEST_BYTES = 128;
const MAX_CHECKPOINT_PIECES = 65_536;
/** Around a byte string, a list or an answer. */
const FRAME_BYTES = 64;
const LEAST_SEATS = 8;

/** Of an answer that names the pieces of a state of at most so many bytes. */
export function maxCheckpointBytes(maxStateBytes: number): number {
  const pieces = Math.min(MAX_CHECKPOINT_PIECES, Math.ceil(maxStateBytes / CHECKPOINT_PIECE_BYTES));
  return pieces * DIGEST_BYTES + FRAME_BYTES;
}

/** A digest with the head of its byte string. */
const DIGEST_BYTES = 34;
