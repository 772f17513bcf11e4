/** fast-check arbitraries of every message within an experiment's limits. */
import fc from 'fast-check';
import type { MessageLimits } from '../../src/messages/limits.ts';
import type { Message } from '../../src/messages/message.ts';
import type { UnverifiedOpening } from '../../src/messages/abandon.ts';
import type { UnverifiedDecision } from '../../src/messages/decision.ts';
import type { Evidence } from '../../src/messages/evidence.ts';
import type { UnverifiedContribution } from '../../src/messages/contribution.ts';
import type { UnverifiedProposal, Value } from '../../src/messages/proposal.ts';
import type { RosterChange } from '../../src/messages/roster-change.ts';
import type { UnverifiedCertificate, UnverifiedVote } from '../../src/messages/vote.ts';

export const LIMITS: MessageLimits = {
  maxPeers: 8,
  maxContributionBytes: 64,
  maxUpdateBytes: 48,
  inlineBytes: 32,
};

/** Plain objects, as decoders give them. */
function shape<T>(fields: { [K in keyof T]: fc.Arbitrary<T[K]> }): fc.Arbitrary<T> {
  return fc.record(fields, { noNullPrototype: true });
}

const digest = fc
  .uint8Array({ minLength: 32, maxLength: 32 })
  .map((bytes) => Buffer.from(bytes).toString('hex'));
const peer = fc.string({ minLength: 1, maxLength: 20 });
const round = fc.nat(1_000_000);
const attempt = fc.nat(32);
const view = fc.nat(1000);
const signature = fc.uint8Array({ maxLength: 64 });
const nullOr = <T>(inner: fc.Arbitrary<T>): fc.Arbitrary<T | null> => fc.option(inner, { nil: null });

/** Absent fields are absent, not undefined: the types say so, and a decoder gives them so. */
function maybe<T extends object, K extends string, V>(
  base: fc.Arbitrary<T>,
  key: K,
  value: fc.Arbitrary<V>,
): fc.Arbitrary<T & { [P in K]?: V }> {
  return fc
    .tuple(base, fc.option(value, { nil: undefined }))
    .map(([of, extra]) => (extra === undefined ? of : { ...of, [key]: extra }) as T & { [P in K]?: V });
}

const vote: fc.Arbitrary<UnverifiedVote> = shape({
  kind: fc.constant('vote' as const),
  phase: fc.constantFrom('prevote' as const, 'precommit' as const),
  round,
  attempt,
  view,
  anchor: digest,
  voter: peer,
  value: nullOr(digest),
  signature,
});

const contribution: fc.Arbitrary<UnverifiedContribution> = maybe(
  shape({
    kind: fc.constant('contribution' as const),
    round,
    anchor: digest,
    worker: peer,
    digest,
    byteLength: fc.nat(LIMITS.maxContributionBytes),
    signature,
  }),
  'body',
  fc.uint8Array({ maxLength: LIMITS.inlineBytes }),
);

const certificate: fc.Arbitrary<UnverifiedCertificate> = shape({
  phase: fc.constantFrom('prevote' as const, 'precommit' as const),
  round,
  attempt,
  view,
  anchor: digest,
  value: digest,
  signers: fc.uint8Array({ maxLength: 1 }),
  signatures: fc.array(signature, { maxLength: LIMITS.maxPeers }),
});

const held = nullOr(shape({ attempt, value: digest }));

const opening: fc.Arbitrary<UnverifiedOpening> = shape({
  round,
  attempt,
  anchor: digest,
  statements: fc.array(shape({ peer, holds: held, signature }), { maxLength: LIMITS.maxPeers }),
});

const evidence: fc.Arbitrary<Evidence> = shape({
  kind: fc.constant('evidence' as const),
  peer,
  slot: fc.oneof(
    shape({ about: fc.constant('contribution' as const), round, anchor: digest }),
    shape({ about: fc.constant('abandon' as const), round, attempt, anchor: digest }),
  ),
  first: shape({ about: fc.constant('contribution' as const), digest, byteLength: fc.nat(), signature }),
  second: fc.oneof(
    shape({ about: fc.constant('vote' as const), value: nullOr(digest), signature }),
    shape({ about: fc.constant('abandon' as const), holds: held, signature }),
  ),
});

const join = maybe(
  shape({ kind: fc.constant('join' as const), peer, round, signature }),
  'permit',
  signature,
);
const leave = shape({ kind: fc.constant('leave' as const), peer, round, signature });
const change: fc.Arbitrary<RosterChange> = fc.oneof(join, leave, evidence);

const value: fc.Arbitrary<Value> = shape({
  round,
  attempt,
  view,
  anchor: digest,
  author: peer,
  contributions: fc.array(
    shape({ worker: peer, digest, byteLength: fc.nat(LIMITS.maxContributionBytes), signature }),
    { maxLength: LIMITS.maxPeers },
  ),
  changes: fc.array(change, { maxLength: 4 }),
  beaconProof: fc.uint8Array({ maxLength: 128 }),
  signature,
});

const decision: fc.Arbitrary<UnverifiedDecision> = maybe(
  maybe(
    shape({
      kind: fc.constant('decision' as const),
      value,
      outcome: shape({
        updateDigest: digest,
        updateByteLength: fc.nat(LIMITS.maxUpdateBytes),
        applicationDigest: digest,
      }),
      certificate,
    }),
    'opening',
    opening,
  ),
  'body',
  fc.uint8Array({ maxLength: LIMITS.inlineBytes }),
);

const proposal: fc.Arbitrary<UnverifiedProposal> = maybe(
  maybe(
    maybe(
      shape({
        kind: fc.constant('proposal' as const),
        round,
        attempt,
        view,
        anchor: digest,
        proposer: peer,
        value,
        signature,
      }),
      'polka',
      certificate,
    ),
    'opening',
    opening,
  ),
  'held',
  decision,
);

export const message: fc.Arbitrary<Message> = fc.oneof(
  contribution,
  proposal,
  vote,
  decision,
  shape({
    kind: fc.constant('abandon' as const),
    round,
    attempt,
    anchor: digest,
    peer,
    holds: held,
    signature,
  }),
  maybe(shape({ kind: fc.constant('opening' as const), opening }), 'held', decision),
  join,
  leave,
  evidence,
);

export const ownMemory = maybe(
  maybe(
    maybe(
      shape({
        round,
        anchor: digest,
        abandons: fc.constant([]),
        attempt,
        view,
        votes: fc.array(vote, { maxLength: 4 }),
      }),
      'contribution',
      contribution,
    ),
    'held',
    decision,
  ),
  'locked',
  shape({
    view,
    digest,
    value,
    outcome: shape({
      updateDigest: digest,
      updateByteLength: fc.nat(LIMITS.maxUpdateBytes),
      applicationDigest: digest,
    }),
    polka: certificate,
    opened: maybe(shape({ opening }), 'held', decision),
  }),
);
