/** The encoding of what a peer keeps for itself: memories of rounds, decisions with their seeds, chain states. */
import type { Digest } from '../crypto/hash.ts';
import type { UnverifiedAbandon } from './abandon.ts';
import {
  bytes,
  decodeExactly,
  digest,
  encode,
  flag,
  integer,
  list,
  optional,
  record,
  text,
  type Codec,
} from './codec.ts';
import type { UnverifiedContribution } from './contribution.ts';
import type { Outcome, UnverifiedDecision } from './decision.ts';
import { MAX_ATTEMPT, MAX_PEER_ID_CHARS, MAX_ROUND, MAX_VIEW, type MessageLimits } from './limits.ts';
import { recordCodecs } from './message-records.ts';
import type { UnverifiedOpened } from './opening.ts';
import type { UnverifiedProposal, Value } from './proposal.ts';
import type { UnverifiedCertificate, UnverifiedVote } from './vote.ts';

/** Own statements of one round are few: two views' votes, one abandonment per attempt. */
const MAX_OWN_VOTES = 8;
/** Own records may be as large as they are; they are bounded when they are made. */
const MAX_RECORD_BYTES = Number.MAX_SAFE_INTEGER;
const MAX_OWN_LIST = Number.MAX_SAFE_INTEGER;

interface PinnedRecord {
  readonly view: number;
  readonly digest: Digest;
  readonly value: Value;
  readonly outcome: Outcome;
  readonly polka: UnverifiedCertificate;
  readonly opened?: UnverifiedOpened;
}

interface MemoryRecord {
  readonly round: number;
  readonly anchor: Digest;
  readonly contribution?: UnverifiedContribution;
  readonly abandons: readonly UnverifiedAbandon[];
  readonly held?: UnverifiedDecision;
  readonly attempt: number;
  readonly view: number;
  readonly votes: readonly UnverifiedVote[];
  readonly proposal?: UnverifiedProposal;
  readonly locked?: PinnedRecord;
  readonly valid?: PinnedRecord;
}

interface DecisionRecord {
  readonly decision: UnverifiedDecision;
  readonly seed: Uint8Array;
}

interface SeatRecord {
  readonly peer: string;
  readonly missedCohorts: number;
}

interface PendingDrawRecord {
  readonly peer: string;
  readonly drawable: boolean;
  readonly due: number;
}

interface RosterRecord {
  readonly seats: readonly SeatRecord[];
  readonly drawable: readonly string[];
  readonly pending: readonly PendingDrawRecord[];
  readonly excluded: readonly string[];
}

interface ChainRecord {
  readonly round: number;
  readonly anchor: Digest;
  readonly applicationDigest: Digest;
  readonly roster: RosterRecord;
  readonly seed: Uint8Array;
  readonly previousSeed: Uint8Array;
}

const SEED_BYTES = 32;

/** What a peer keeps for itself. */
export function storedCodecs(limits: MessageLimits) {
  const codecs = recordCodecs(limits);
  const round = integer(MAX_ROUND);
  const pinned = record<PinnedRecord>('pinned value', {
    view: integer(MAX_VIEW),
    digest,
    value: codecs.value,
    outcome: codecs.outcome,
    polka: codecs.certificate,
    opened: optional(
      record<UnverifiedOpened>('opened attempt', {
        opening: codecs.opening,
        held: optional(codecs.decision),
      }),
    ),
  });
  const memory = record<MemoryRecord>('round memory', {
    round,
    anchor: digest,
    contribution: optional(codecs.contribution),
    abandons: list(codecs.abandon, MAX_ATTEMPT + 1),
    held: optional(codecs.decision),
    attempt: integer(MAX_ATTEMPT),
    view: integer(MAX_VIEW),
    votes: list(codecs.vote, MAX_OWN_VOTES),
    proposal: optional(codecs.proposal),
    locked: optional(pinned),
    valid: optional(pinned),
  });
  const decision = record<DecisionRecord>('stored decision', {
    decision: codecs.decision,
    seed: bytes(SEED_BYTES),
  });
  const peer = text(MAX_PEER_ID_CHARS);
  const chain = record<ChainRecord>('chain state', {
    round,
    anchor: digest,
    applicationDigest: digest,
    // what peers keep of their own: its lists are bounded when they are made
    roster: record<RosterRecord>('roster', {
      seats: list(record<SeatRecord>('seat', { peer, missedCohorts: integer(MAX_ROUND) }), MAX_OWN_LIST),
      drawable: list(peer, MAX_OWN_LIST),
      pending: list(
        record<PendingDrawRecord>('pending draw', { peer, drawable: flag, due: integer(2 * MAX_ROUND) }),
        MAX_OWN_LIST,
      ),
      excluded: list(peer, MAX_OWN_LIST),
    }),
    seed: bytes(SEED_BYTES),
    previousSeed: bytes(SEED_BYTES),
  });
  return { memory, decision, chain } as const;
}

export class RecordCodec {
  private readonly memory: Codec<MemoryRecord>;
  private readonly decision: Codec<DecisionRecord>;
  private readonly chain: Codec<ChainRecord>;

  constructor(limits: MessageLimits) {
    const codecs = storedCodecs(limits);
    this.memory = codecs.memory;
    this.decision = codecs.decision;
    this.chain = codecs.chain;
  }

  encodeMemory(memory: MemoryRecord): Uint8Array {
    return encode(this.memory, memory);
  }

  decodeMemory(data: Uint8Array): MemoryRecord | undefined {
    return decodeExactly(this.memory, data, MAX_RECORD_BYTES);
  }

  encodeDecision(stored: DecisionRecord): Uint8Array {
    return encode(this.decision, stored);
  }

  decodeDecision(data: Uint8Array): DecisionRecord | undefined {
    return decodeExactly(this.decision, data, MAX_RECORD_BYTES);
  }

  /** Where a checkpoint's state stands. */
  encodeChain(chain: ChainRecord): Uint8Array {
    return encode(this.chain, chain);
  }

  decodeChain(data: Uint8Array): ChainRecord | undefined {
    return decodeExactly(this.chain, data, MAX_RECORD_BYTES);
  }
}
