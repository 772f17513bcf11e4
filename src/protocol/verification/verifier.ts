/**
 * Where unverified becomes verified: every signature, proof and certificate is checked here, against the chain that
 * the statement's anchor names. Faults are values. Answers are remembered per message object, which is sound because
 * messages are immutable and an answer depends on the message, its anchor's chain and the experiment only; a
 * simulation shares one Verifier between its machines.
 */
import { committeeOf, extendChain, cohortOf, type Chain } from '../chain/chain.ts';
import type { ProtocolConfig } from '../config.ts';
import type { MessageFault } from '../fault.ts';
import { servingIn } from '../chain/roster.ts';
import { areAdmissible } from '../chain/roster-changes.ts';
import { Rules } from '../rules.ts';
import { contradicts, type TrustedState } from '../chain/trusted-state.ts';
import {
  abandonBytes,
  contentDigest,
  contributionBytes,
  joinBytes,
  leaveBytes,
  permitBytes,
  proposalBytes,
  statementBytes,
  valueDigest,
  voteBytes,
} from './statements.ts';
import { proposerOf } from '../../committee/sampling.ts';
import { beaconInput, nextSeed } from '../../crypto/beacon.ts';
import { bodyDigest } from '../../crypto/body-digest.ts';
import type { Digest } from '../../crypto/hash.ts';
import type { PeerId } from '../../crypto/peer-id.ts';
import type { SignatureScheme, VerifiableRandomness } from '../../crypto/schemes.ts';
import type { Abandon, Held, Opening, UnverifiedAbandon, UnverifiedOpening } from '../../messages/abandon.ts';
import type { ContributionMessage, UnverifiedContribution } from '../../messages/contribution.ts';
import type { Decision, UnverifiedDecision } from '../../messages/decision.ts';
import type { Evidence } from '../../messages/evidence.ts';
import type { UnverifiedProposal, Value } from '../../messages/proposal.ts';
import type { RosterChange } from '../../messages/roster-change.ts';
import type { UnverifiedCertificate, UnverifiedVote, Vote, VotePhase } from '../../messages/vote.ts';

export type Checked<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly fault: MessageFault };

const refused = (fault: MessageFault): { readonly ok: false; readonly fault: MessageFault } => ({
  ok: false,
  fault,
});

export interface VerifierSchemes {
  readonly signatures: Pick<SignatureScheme, 'verify'>;
  readonly randomness: Pick<VerifiableRandomness, 'verify'>;
}

export class Verifier {
  readonly config: ProtocolConfig;
  readonly rules: Rules;
  /** The history that counts contains it. */
  readonly trusted: TrustedState | undefined;
  private readonly schemes: VerifierSchemes;
  private readonly memo = new WeakMap<object, Checked<unknown>>();

  constructor(
    config: ProtocolConfig,
    schemes: VerifierSchemes,
    rules: Rules = new Rules(),
    trusted?: TrustedState,
  ) {
    this.trusted = trusted;
    this.config = config;
    this.schemes = schemes;
    this.rules = rules;
  }

  private once<T>(message: object, check: () => Checked<T>): Checked<T> {
    let known = this.memo.get(message) as Checked<T> | undefined;
    if (known === undefined) this.memo.set(message, (known = check()));
    return known;
  }

  private signed(peer: PeerId, bytes: Uint8Array, signature: Uint8Array): boolean {
    return this.schemes.signatures.verify(peer, bytes, signature);
  }

  contribution(message: UnverifiedContribution): Checked<ContributionMessage> {
    return this.once(message, () => {
      const { body, byteLength, digest } = message;
      const bytes = contributionBytes(this.config.experiment, message);
      if (!this.signed(message.worker, bytes, message.signature)) return refused('bad-signature');
      if (body !== undefined && (body.length !== byteLength || bodyDigest(body) !== digest)) {
        return refused('bad-digest');
      }
      return { ok: true, value: message as ContributionMessage };
    });
  }

  vote(message: UnverifiedVote): Checked<Vote> {
    return this.once(message, () => {
      const bytes = voteBytes(this.config.experiment, message, message.value);
      if (!this.signed(message.voter, bytes, message.signature)) return refused('bad-signature');
      return { ok: true, value: message as Vote };
    });
  }

  abandon(message: UnverifiedAbandon): Checked<Abandon> {
    return this.once(message, () => {
      const bytes = abandonBytes(this.config.experiment, message, message.holds);
      if (!this.signed(message.peer, bytes, message.signature)) return refused('bad-signature');
      return { ok: true, value: message as Abandon };
    });
  }

  /** That a value's author has signed it; nothing about whether the value is any good. */
  authorship(value: Value): Checked<Value> {
    const bytes = proposalBytes(this.config.experiment, value, contentDigest(value));
    return this.signed(value.author, bytes, value.signature) ? { ok: true, value } : refused('bad-signature');
  }

  /** That the first of an opening's statements is signed; the opening itself is checked on its chain. */
  firstStatement(opening: UnverifiedOpening): Checked<UnverifiedOpening> {
    const [first] = opening.statements;
    if (first === undefined) return refused('bad-opening');
    const bytes = abandonBytes(this.config.experiment, opening, first.holds);
    return this.signed(first.peer, bytes, first.signature)
      ? { ok: true, value: opening }
      : refused('bad-signature');
  }

  /** The proposer's signature and the author's; not whether the value is any good. */
  proposalSignatures(message: UnverifiedProposal): Checked<UnverifiedProposal> {
    return this.once(message, () => {
      const { experiment } = this.config;
      const { value } = message;
      const content = contentDigest(value);
      if (!this.signed(message.proposer, proposalBytes(experiment, message, content), message.signature)) {
        return refused('bad-signature');
      }
      if (!this.signed(value.author, proposalBytes(experiment, value, content), value.signature)) {
        return refused('bad-signature');
      }
      return { ok: true, value: message };
    });
  }

  /** Everything about a value that does not need bodies; gives the seed of the next round. */
  value(chain: Chain, value: Value): Checked<Uint8Array> {
    if (value.anchor !== chain.anchor || value.round !== chain.round) return refused('other-anchor');
    return this.once(value, () => {
      const committee = committeeOf(this.config, chain, value.attempt);
      if (committee.length === 0 || proposerOf(committee, value.view) !== value.author) {
        return refused('not-the-proposer');
      }
      const cohort = new Set(cohortOf(this.config, chain));
      let previous = '';
      const digests = new Set<Digest>();
      for (const entry of value.contributions) {
        if (entry.worker <= previous || !cohort.has(entry.worker)) return refused('bad-value');
        // a body is bound to one worker, so one of the two did not make it
        if (digests.has(entry.digest)) return refused('bad-value');
        digests.add(entry.digest);
        if (entry.byteLength > this.config.maxContributionBytes) return refused('too-large');
        const bytes = contributionBytes(this.config.experiment, { ...value, ...entry });
        if (!this.signed(entry.worker, bytes, entry.signature)) return refused('bad-signature');
        previous = entry.worker;
      }
      if (!areAdmissible(this.config, chain.roster, chain.round, value.changes)) return refused('bad-value');
      for (const change of value.changes) {
        const fault = this.change(change);
        if (fault !== undefined) return refused(fault);
      }
      const seed = this.beacon(chain, value.author, value.beaconProof);
      return seed === undefined ? refused('bad-beacon-proof') : { ok: true, value: seed };
    });
  }

  /** The seed of the next round that the author's proof leads to; undefined where it is not its proof. */
  beacon(chain: Chain, author: PeerId, proof: Uint8Array): Uint8Array | undefined {
    const input = beaconInput(this.config.experiment, chain.seed, chain.round);
    const output = this.schemes.randomness.verify(author, input, proof);
    return output === undefined ? undefined : nextSeed(chain.seed, chain.round, output);
  }

  change(change: RosterChange): MessageFault | undefined {
    switch (change.kind) {
      case 'evidence':
        return this.evidence(change);
      case 'leave': {
        const bytes = leaveBytes(this.config.experiment, change.peer, change.round);
        return this.signed(change.peer, bytes, change.signature) ? undefined : 'bad-signature';
      }
      case 'join': {
        const bytes = joinBytes(this.config.experiment, change.peer, change.round);
        if (!this.signed(change.peer, bytes, change.signature)) return 'bad-signature';
        return this.admits(change.peer, change.permit) ? undefined : 'not-admitted';
      }
    }
  }

  private admits(peer: PeerId, permit: Uint8Array | undefined): boolean {
    const { admission, genesis, experiment } = this.config;
    if (admission.policy === 'open' || genesis.peers.includes(peer)) return true;
    if (admission.policy === 'genesis' || permit === undefined) return false;
    return this.signed(admission.owner, permitBytes(experiment, peer), permit);
  }

  /** Two different statements of one peer in one slot, both with its signature; undefined means that it convicts. */
  evidence(evidence: Evidence): MessageFault | undefined {
    const { slot, first, second, peer } = evidence;
    const a = statementBytes(this.config.experiment, slot, first);
    const b = statementBytes(this.config.experiment, slot, second);
    if (a === undefined || b === undefined || Buffer.compare(a, b) >= 0) return 'bad-evidence';
    return this.signed(peer, a, first.signature) && this.signed(peer, b, second.signature)
      ? undefined
      : 'bad-evidence';
  }

  certificate(chain: Chain, certificate: UnverifiedCertificate, phase: VotePhase): MessageFault | undefined {
    if (certificate.anchor !== chain.anchor || certificate.round !== chain.round) return 'other-anchor';
    if (certificate.phase !== phase) return 'bad-certificate';
    const checked = this.once(certificate, () => {
      const committee = committeeOf(this.config, chain, certificate.attempt);
      const { signers, signatures, value } = certificate;
      if (signers.length !== Math.ceil(committee.length / 8)) return refused('bad-certificate');
      const bytes = voteBytes(this.config.experiment, certificate, value);
      let count = 0;
      for (let bit = 0; bit < signers.length * 8; bit++) {
        if ((((signers[bit >> 3] as number) >> (bit & 7)) & 1) === 0) continue;
        const [member, signature] = [committee[bit], signatures[count++]];
        if (member === undefined || signature === undefined) return refused('bad-certificate');
        if (!this.signed(member, bytes, signature)) return refused('bad-certificate');
      }
      const enough =
        count === signatures.length && count >= this.rules.quorum(committee.length, 'certificate');
      return enough ? { ok: true, value: certificate } : refused('bad-certificate');
    });
    return checked.ok ? undefined : checked.fault;
  }

  /** That more than two thirds of those that the round may call on abandoned the attempt. */
  opening(chain: Chain, opening: UnverifiedOpening): Checked<Opening> {
    if (opening.anchor !== chain.anchor || opening.round !== chain.round) return refused('other-anchor');
    return this.once(opening, () => {
      const serving = servingIn(chain.roster);
      let previous = '';
      for (const { peer, holds, signature } of opening.statements) {
        if (peer <= previous || !serving.has(peer)) return refused('bad-opening');
        if (holds !== null && holds.attempt > opening.attempt) return refused('bad-opening');
        const bytes = abandonBytes(this.config.experiment, opening, holds);
        if (!this.signed(peer, bytes, signature)) return refused('bad-opening');
        previous = peer;
      }
      const enough = opening.statements.length >= this.rules.quorum(serving.size, 'opening');
      return enough ? { ok: true, value: opening as Opening } : refused('bad-opening');
    });
  }

  /**
   * A decision on top of a chain, without its update and without the model: certificate, sampling, beacon, roster and
   * the next anchor. This is the light verification of a round.
   */
  decision(
    chain: Chain,
    decision: UnverifiedDecision,
  ): Checked<{ readonly decision: Decision; readonly next: Chain; readonly value: Digest }> {
    const { value, outcome, certificate, opening } = decision;
    if (value.anchor !== chain.anchor || value.round !== chain.round) return refused('other-anchor');
    return this.once(decision, () => {
      const { attempt } = certificate;
      const body = decision.body;
      const fault = this.certificate(chain, certificate, 'precommit');
      if (fault !== undefined) return refused(fault);
      const seed = this.value(chain, value);
      if (!seed.ok) return seed;
      const digest = valueDigest(value, outcome, seed.value);
      if (digest !== certificate.value) return refused('bad-certificate');
      if (outcome.updateByteLength > this.config.maxUpdateBytes) return refused('too-large');
      if (body !== undefined && bodyDigest(body) !== outcome.updateDigest) return refused('bad-digest');
      let held: Held | undefined;
      if (attempt > 0) {
        if (opening === undefined || opening.attempt !== attempt - 1) return refused('bad-opening');
        const opened = this.opening(chain, opening);
        if (!opened.ok) return opened;
        held = newestHeld(opened.value);
      } else if (opening !== undefined) return refused('bad-opening');
      if (held === undefined ? value.attempt !== attempt : held.value !== digest) return refused('bad-value');
      if (value.attempt === attempt && value.view > certificate.view) return refused('bad-value');
      const author = proposalBytes(this.config.experiment, value, contentDigest(value));
      if (!this.signed(value.author, author, value.signature)) return refused('bad-signature');
      const next = extendChain(this.config, chain, decision, seed.value);
      if (contradicts(this.trusted, next)) return refused('untrusted');
      return { ok: true, value: { decision: decision as Decision, next, value: digest } };
    });
  }
}

/** The newest decision that a statement in an opening holds: the only value that the opened attempt may decide. */
export function newestHeld(opening: UnverifiedOpening): Held | undefined {
  let newest: Held | undefined;
  for (const { holds } of opening.statements) {
    if (holds !== null && (newest === undefined || holds.attempt > newest.attempt)) newest = holds;
  }
  return newest;
}
