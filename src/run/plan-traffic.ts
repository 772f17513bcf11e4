/**
 * Bytes of one round without faults, from the encodings themselves: sample messages with as many entries as the round
 * has are encoded and measured. How often a message travels is an estimate, and said so in the output.
 */
import type { Digest } from '../crypto/hash.ts';
import { quorumOf } from '../committee/sampling.ts';
import { MessageCodec } from '../messages/message-codec.ts';
import type { Value } from '../messages/proposal.ts';

/** Copies of a small gossip message that a peer gets: measured 4.7 to 7.8 with gossipsub's mesh of 6 to 12. */
const GOSSIP_COPIES = 6;
/** Bytes on the wire per byte of a body that is pulled in pieces: measured 1.02 to 1.13. */
const PULL_OVERHEAD = 1.1;

export interface TrafficInput {
  readonly peers: number;
  readonly committee: number;
  readonly cohort: number;
  readonly contributionBytes: number;
  readonly updateBytes: number;
  readonly inlineBytes: number;
  /** Copies of a gossip message that a peer gets; GOSSIP_COPIES unless given. 1 without overhead is what must arrive. */
  readonly copies?: 1;
}

/** Bytes received by one peer in one round, by its part in it; and what a worker sends at most. */
export interface Traffic {
  readonly certificateBytes: number;
  readonly everyPeerReceives: number;
  readonly memberReceives: number;
  readonly workerSendsAtMost: number;
  /** A peer's average over many rounds, received. */
  readonly averageReceives: number;
}

export function planTraffic(input: TrafficInput): Traffic {
  const { peers, committee, cohort, contributionBytes, updateBytes, inlineBytes } = input;
  const sizes = messageSizes(committee, cohort, input);
  const inlineUpdate = updateBytes <= inlineBytes;
  const inlineContribution = contributionBytes <= inlineBytes;
  const most = input.copies ?? GOSSIP_COPIES;
  const overhead = input.copies === undefined ? PULL_OVERHEAD : 1;
  const copies = (subscribers: number) => Math.min(most, Math.max(1, subscribers - 1));

  const everyPeerReceives =
    copies(peers) * (sizes.decision + (inlineUpdate ? updateBytes : 0)) +
    (inlineUpdate ? 0 : overhead * updateBytes);
  const perContribution = inlineContribution
    ? copies(committee) * (sizes.contribution + contributionBytes)
    : copies(committee) * sizes.contribution + overhead * contributionBytes;
  const memberReceives =
    cohort * perContribution + copies(committee) * (sizes.proposal + 2 * committee * sizes.vote);
  const fanOut = Math.min(most, committee);
  const workerSendsAtMost = inlineContribution
    ? fanOut * (sizes.contribution + contributionBytes)
    : fanOut * sizes.contribution + overhead * committee * contributionBytes;
  return {
    certificateBytes: sizes.certificate,
    everyPeerReceives,
    memberReceives,
    workerSendsAtMost,
    averageReceives: everyPeerReceives + (committee / peers) * memberReceives,
  };
}

function messageSizes(committee: number, cohort: number, input: TrafficInput) {
  const digest: Digest = 'f'.repeat(64);
  const peer = `12D3KooW${'x'.repeat(44)}`;
  const signature = new Uint8Array(64).fill(255);
  const [round, anchor] = [100_000, digest];
  const codec = new MessageCodec({
    maxPeers: input.peers,
    maxContributionBytes: input.contributionBytes,
    maxUpdateBytes: input.updateBytes,
    inlineBytes: input.inlineBytes,
  });
  const value: Value = {
    round,
    attempt: 0,
    view: 0,
    anchor,
    author: peer,
    contributions: Array.from({ length: cohort }, () => ({
      worker: peer,
      digest,
      byteLength: input.contributionBytes,
      signature,
    })),
    changes: [],
    beaconProof: new Uint8Array(80).fill(255),
    signature,
  };
  const certificate = {
    phase: 'precommit' as const,
    round,
    attempt: 0,
    view: 0,
    anchor,
    value: digest,
    signers: new Uint8Array(Math.ceil(committee / 8)),
    signatures: Array.from({ length: quorumOf(committee) }, () => signature),
  };
  const outcome = { updateDigest: digest, updateByteLength: input.updateBytes, applicationDigest: digest };
  const decision = codec.encode({ kind: 'decision', value, outcome, certificate }).length;
  const proposal = { kind: 'proposal' as const, round, attempt: 0, view: 0, anchor, proposer: peer, value };
  const bare = codec.encode({
    kind: 'decision',
    value,
    outcome,
    certificate: { ...certificate, signers: new Uint8Array(0), signatures: [] },
  }).length;
  return {
    decision,
    certificate: decision - bare,
    proposal: codec.encode({ ...proposal, signature }).length,
    vote: codec.encode({
      kind: 'vote',
      phase: 'precommit',
      round,
      attempt: 0,
      view: 0,
      anchor,
      voter: peer,
      value: digest,
      signature,
    }).length,
    contribution: codec.encode({
      kind: 'contribution',
      round,
      anchor,
      worker: peer,
      digest,
      byteLength: input.contributionBytes,
      signature,
    }).length,
  };
}
