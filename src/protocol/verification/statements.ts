/**
 * What is signed: 32 bytes that hash a domain tag, the experiment and every field of the statement, so that no
 * signature means anything elsewhere. And the digests that votes and chains are about.
 */
import { digestOf, hashOf, type Digest, type HashPart } from '../../crypto/hash.ts';
import type { PeerId } from '../../crypto/peer-id.ts';
import type { Held } from '../../messages/abandon.ts';
import type { Outcome } from '../../messages/decision.ts';
import type { EvidenceSlot, SignedStatement } from '../../messages/evidence.ts';
import type { Value } from '../../messages/proposal.ts';
import type { RosterChange } from '../../messages/roster-change.ts';
import type { VotePhase } from '../../messages/vote.ts';

const NIL = 'nil';

interface ContributionFields {
  readonly round: number;
  readonly anchor: Digest;
  readonly digest: Digest;
  readonly byteLength: number;
}

export function contributionBytes(experiment: Digest, of: ContributionFields): Uint8Array {
  return hashOf('synod/contribution', experiment, of.round, of.anchor, of.digest, of.byteLength);
}

interface ViewFields {
  readonly round: number;
  readonly attempt: number;
  readonly view: number;
  readonly anchor: Digest;
}

export function proposalBytes(experiment: Digest, at: ViewFields, content: Digest): Uint8Array {
  return hashOf('synod/proposal', experiment, at.round, at.attempt, at.view, at.anchor, content);
}

export function voteBytes(
  experiment: Digest,
  at: ViewFields & { readonly phase: VotePhase },
  value: Digest | null,
): Uint8Array {
  return hashOf('synod/vote', experiment, at.phase, at.round, at.attempt, at.view, at.anchor, value ?? NIL);
}

interface AttemptFields {
  readonly round: number;
  readonly attempt: number;
  readonly anchor: Digest;
}

export function abandonBytes(experiment: Digest, at: AttemptFields, holds: Held | null): Uint8Array {
  return hashOf('synod/abandon', experiment, at.round, at.attempt, at.anchor, ...heldParts(holds));
}

function heldParts(holds: Held | null): HashPart[] {
  return holds === null ? [NIL] : [holds.attempt, holds.value];
}

export function joinBytes(experiment: Digest, peer: PeerId, round: number): Uint8Array {
  return hashOf('synod/join', experiment, peer, round);
}

export function leaveBytes(experiment: Digest, peer: PeerId, round: number): Uint8Array {
  return hashOf('synod/leave', experiment, peer, round);
}

/** What an experiment's owner signs to admit a peer. */
export function permitBytes(experiment: Digest, peer: PeerId): Uint8Array {
  return hashOf('synod/permit', experiment, peer);
}

export function statementBytes(
  experiment: Digest,
  slot: EvidenceSlot,
  statement: SignedStatement,
): Uint8Array | undefined {
  if (slot.about === 'contribution' && statement.about === 'contribution') {
    return contributionBytes(experiment, { ...slot, ...statement });
  }
  if (slot.about === 'proposal' && statement.about === 'proposal') {
    return proposalBytes(experiment, slot, statement.value);
  }
  if (slot.about === 'vote' && statement.about === 'vote')
    return voteBytes(experiment, slot, statement.value);
  if (slot.about === 'abandon' && statement.about === 'abandon') {
    return abandonBytes(experiment, slot, statement.holds);
  }
  return undefined;
}

const contents = new WeakMap<Value, Digest>();

/** The digest that a proposal is about: everything in the value but its author's signature. */
export function contentDigest(value: Value): Digest {
  let digest = contents.get(value);
  if (digest === undefined) {
    const parts: HashPart[] = [value.round, value.attempt, value.view, value.anchor, value.author];
    parts.push(value.beaconProof, value.contributions.length);
    for (const { worker, digest: body, byteLength } of value.contributions)
      parts.push(worker, body, byteLength);
    for (const change of value.changes) parts.push(...changeParts(change));
    digest = digestOf('synod/value-content', ...parts);
    contents.set(value, digest);
  }
  return digest;
}

/** What a vote is about: the content, what was computed from it, and the seed that it leads to. */
export function valueDigest(value: Value, outcome: Outcome, nextSeed: Uint8Array): Digest {
  return digestOf(
    'synod/value',
    contentDigest(value),
    outcome.updateDigest,
    outcome.updateByteLength,
    outcome.applicationDigest,
    nextSeed,
  );
}

function changeParts(change: RosterChange): HashPart[] {
  switch (change.kind) {
    case 'join':
      return ['join', change.peer, change.round];
    case 'leave':
      return ['leave', change.peer, change.round];
    case 'evidence': {
      const { slot, first, second } = change;
      const at =
        slot.about === 'contribution'
          ? []
          : slot.about === 'abandon'
            ? [slot.attempt]
            : [slot.attempt, slot.view];
      const phase = slot.about === 'vote' ? [slot.phase] : [];
      return [
        'evidence',
        change.peer,
        slot.about,
        slot.round,
        slot.anchor,
        ...at,
        ...phase,
        ...[first, second].flatMap(partsOfStatement),
      ];
    }
  }
}

function partsOfStatement(statement: SignedStatement): HashPart[] {
  switch (statement.about) {
    case 'contribution':
      return [statement.digest, statement.byteLength, statement.signature];
    case 'abandon':
      return [...heldParts(statement.holds), statement.signature];
    default:
      return [statement.value ?? NIL, statement.signature];
  }
}
