/** Messages of every kind that somebody without a seat can make up: of the right shape, and wrong at some depth of check. */
import type { PeerId } from '../../src/crypto/peer-id.ts';
import type { UnverifiedDecision } from '../../src/messages/decision.ts';
import type { Message } from '../../src/messages/message.ts';
import type { Value } from '../../src/messages/proposal.ts';
import type { UnverifiedVote } from '../../src/messages/vote.ts';

const DIGEST = '00'.repeat(32);
const SIGNATURE = new Uint8Array(64);

function valueOf(round: number, author: PeerId): Value {
  return {
    round,
    attempt: 0,
    view: 0,
    anchor: DIGEST,
    author,
    contributions: [],
    changes: [],
    beaconProof: new Uint8Array(80),
    signature: SIGNATURE,
  };
}

export function forgedVote(round: number, voter: PeerId, view = 0): UnverifiedVote {
  const at = { round, attempt: 0, view, anchor: DIGEST };
  return { kind: 'vote', phase: 'prevote', ...at, voter, value: DIGEST, signature: SIGNATURE };
}

export function forgedDecision(round: number, author: PeerId): UnverifiedDecision {
  const at = { round, attempt: 0, view: 0, anchor: DIGEST };
  return {
    kind: 'decision',
    value: valueOf(round, author),
    outcome: { updateDigest: DIGEST, updateByteLength: 0, applicationDigest: DIGEST },
    certificate: { phase: 'precommit', ...at, value: DIGEST, signers: new Uint8Array(1), signatures: [] },
  };
}

/** One of each kind about a round, in the name of `author`, unsigned. */
export function forgedOfEachKind(round: number, author: PeerId): Message[] {
  const at = { round, attempt: 0, anchor: DIGEST };
  const statement = { about: 'vote', value: DIGEST, signature: SIGNATURE } as const;
  return [
    {
      kind: 'contribution',
      round,
      anchor: DIGEST,
      worker: author,
      digest: DIGEST,
      byteLength: 64,
      signature: SIGNATURE,
    },
    {
      kind: 'proposal',
      ...at,
      view: 0,
      proposer: author,
      value: valueOf(round, author),
      signature: SIGNATURE,
    },
    forgedVote(round, author),
    forgedDecision(round, author),
    { kind: 'abandon', ...at, peer: author, holds: null, signature: SIGNATURE },
    {
      kind: 'opening',
      opening: { ...at, statements: [{ peer: author, holds: null, signature: SIGNATURE }] },
    },
    { kind: 'join', peer: author, round, signature: SIGNATURE },
    { kind: 'leave', peer: author, round, signature: SIGNATURE },
    {
      kind: 'evidence',
      peer: author,
      slot: { about: 'vote', phase: 'prevote', ...at, view: 0 },
      first: { ...statement, value: null },
      second: statement,
    },
  ];
}
