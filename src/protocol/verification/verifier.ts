/**
 * Where what peers say becomes what counts on a chain: values, certificates, openings and decisions are checked here,
 * against the chain that their anchor names. Faults are values.
 */
import { committeeOf, extendChain, cohortOf, type Chain } from '../chain/chain.ts';
import type { ProtocolConfig } from '../config.ts';
import { servingIn } from '../chain/roster.ts';
import { areAdmissible } from '../chain/roster-changes.ts';
import { Rules } from '../rules.ts';
import { contradicts, type TrustedState } from '../chain/trusted-state.ts';
import {
  abandonBytes,
  contentDigest,
  contributionBytes,
  proposalBytes,
  valueDigest,
  voteBytes,
} from './statements.ts';
import { refused, StatementVerifier, type Checked, type VerifierSchemes } from './statement-verifier.ts';
import { proposerOf } from '../../committee/sampling.ts';
import { beaconInput, nextSeed } from '../../crypto/beacon.ts';
import { bodyDigest } from '../../crypto/body-digest.ts';
import type { Digest } from '../../crypto/hash.ts';
import type { PeerId } from '../../crypto/peer-id.ts';
import type { Held, Opening, UnverifiedOpening } from '../../messages/abandon.ts';
import type { Decision, UnverifiedDecision } from '../../messages/decision.ts';
import type { Value } from '../../messages/proposal.ts';
import type { Certificate, UnverifiedCertificate, VotePhase } from '../../messages/vote.ts';

export class Verifier extends StatementVerifier {
  readonly rules: Rules;
  /** The history that counts contains it. */
  readonly trusted: TrustedState | undefined;

  constructor(
    config: ProtocolConfig,
    schemes: VerifierSchemes,
    rules: Rules = new Rules(),
    trusted?: TrustedState,
  ) {
    super(config, schemes);
    this.rules = rules;
    this.trusted = trusted;
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

  /** That more than two thirds of the attempt's committee voted so. */
  certificate(chain: Chain, certificate: UnverifiedCertificate, phase: VotePhase): Checked<Certificate> {
    if (certificate.anchor !== chain.anchor || certificate.round !== chain.round)
      return refused('other-anchor');
    if (certificate.phase !== phase) return refused('bad-certificate');
    return this.once(certificate, () => {
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
      return enough ? { ok: true, value: certificate as Certificate } : refused('bad-certificate');
    });
  }

  /** That more than two thirds of the serving peers abandoned the attempt. */
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
      const certified = this.certificate(chain, certificate, 'precommit');
      if (!certified.ok) return certified;
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
