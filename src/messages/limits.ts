/** Sizes that decoders hold everything against: the experiment's, never a sender's claim. */

export interface MessageLimits {
  /** Seats in the roster: bounds lists, committees, openings. */
  readonly maxPeers: number;
  readonly maxContributionBytes: number;
  readonly maxUpdateBytes: number;
  /** Bodies up to this size travel inside their message. */
  readonly inlineBytes: number;
}

export const MAX_ROUND = 1_000_000_000;
export const MAX_ATTEMPT = 32;
export const MAX_VIEW = 1_000_000;
/** Roster changes in one value, each kind with a share of its own: joins never keep out evidence or a leave. */
export const MAX_EVIDENCE_PER_VALUE = 16;
export const MAX_LEAVES_PER_VALUE = 16;
export const MAX_JOINS_PER_VALUE = 16;
export const MAX_CHANGES_PER_VALUE = MAX_EVIDENCE_PER_VALUE + MAX_LEAVES_PER_VALUE + MAX_JOINS_PER_VALUE;
export const MAX_PEER_ID_CHARS = 64;
export const MAX_SIGNATURE_BYTES = 64;
export const MAX_PROOF_BYTES = 128;

const ID_AND_SIGNATURE_BYTES = MAX_PEER_ID_CHARS + MAX_SIGNATURE_BYTES + 16;
const HEADER_BYTES = 1024;
const EVIDENCE_BYTES = 512;

/** The most bytes that a decision without its update can have: its value, a certificate and an opening. */
export function maxDecisionBytes({ maxPeers }: Pick<MessageLimits, 'maxPeers'>): number {
  const value =
    maxPeers * (ID_AND_SIGNATURE_BYTES + 48) + MAX_CHANGES_PER_VALUE * EVIDENCE_BYTES + HEADER_BYTES;
  const certificate = maxPeers * (MAX_SIGNATURE_BYTES + 3) + HEADER_BYTES;
  const opening = maxPeers * (ID_AND_SIGNATURE_BYTES + 40) + HEADER_BYTES;
  return value + certificate + opening + HEADER_BYTES;
}

/** The most bytes that any message can have. */
export function maxMessageBytes(limits: MessageLimits): number {
  // a proposal may hold a decision
  return 2 * maxDecisionBytes(limits) + limits.inlineBytes + HEADER_BYTES;
}
