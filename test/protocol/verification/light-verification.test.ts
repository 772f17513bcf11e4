import assert from 'node:assert/strict';
import { digestOf } from '../../../src/crypto/hash.ts';
import type { ListedContribution } from '../../../src/messages/contribution.ts';
import type { UnverifiedDecision } from '../../../src/messages/decision.ts';
import type { Value } from '../../../src/messages/proposal.ts';
import { genesisChain, type Chain } from '../../../src/protocol/chain/chain.ts';
import type { TrustedState } from '../../../src/protocol/chain/trusted-state.ts';
import {
  REAL_SCHEMES,
  verifyCertificate,
  type CertificateCheck,
} from '../../../src/protocol/verification/light-verification.ts';
import { Verifier } from '../../../src/protocol/verification/verifier.ts';
import { contributionBytes } from '../../../src/protocol/verification/statements.ts';
import { CONFIG, doubleVote, keyOf, makeHistory, type MadeRound } from '../../support/certified-history.ts';

/** The second worker signs the body that the first made. */
function withStolenBody(chain: Chain, value: Value): Value {
  const [first, second, ...others] = value.contributions as [ListedContribution, ListedContribution];
  const { digest, byteLength } = first;
  const at = { round: chain.round, anchor: chain.anchor, digest, byteLength };
  const signature = keyOf(second.worker).sign(contributionBytes(CONFIG.experiment, at));
  return {
    ...value,
    contributions: [first, { worker: second.worker, digest, byteLength, signature }, ...others],
  };
}

/** Checks of decisions, each on top of what the one before led to, from genesis up to the first fault. */
function checksOf(rounds: readonly MadeRound[], trusted?: TrustedState): CertificateCheck[] {
  const verifier = new Verifier(CONFIG, REAL_SCHEMES, undefined, trusted);
  const checks: CertificateCheck[] = [];
  let chain = genesisChain(CONFIG);
  for (const { decision } of rounds) {
    const check = verifyCertificate(decision, { config: CONFIG, chain }, verifier);
    checks.push(check);
    if (!check.ok) break;
    chain = check.next;
  }
  return checks;
}

describe('light verification', () => {
  let made: MadeRound[];
  let round: MadeRound;
  const check = (decision: UnverifiedDecision, chain = round.before, applicationDigest?: string) =>
    verifyCertificate(decision, {
      config: CONFIG,
      chain,
      ...(applicationDigest === undefined ? {} : { applicationDigest }),
    });
  const faultOf = (decision: UnverifiedDecision) => {
    const checked = check(decision);
    return checked.ok ? 'none' : checked.fault;
  };

  before(async () => {
    made = await makeHistory(3);
    round = made[1] as MadeRound;
  });

  it('follows a chain from genesis without the model', () => {
    const checks = checksOf(made);
    assert.deepEqual(
      checks.map(({ ok }) => ok),
      [true, true, true],
    );
    const last = checks.at(-1);
    assert.equal(last?.ok === true && last.next.anchor, made.at(-1)?.after.anchor, 'the same state');
  });

  it('takes the history that contains a trusted state, and no other', () => {
    const good = checksOf(made, { round: 2, anchor: (made[1] as MadeRound).after.anchor });
    assert.deepEqual(
      good.map(({ ok }) => ok),
      [true, true, true],
      'it contains it',
    );
    const bad = checksOf(made, { round: 2, anchor: digestOf('test', 'other') });
    assert.deepEqual(
      bad.map((step) => step.ok || step.fault),
      [true, 'untrusted'],
      'another one stops where it should have been',
    );
  });

  it('checks one certificate and one state digest', () => {
    const { applicationDigest } = round.decision.outcome;
    assert.ok(check(round.decision).ok, 'certified');
    assert.ok(check(round.decision, round.before, applicationDigest).ok, 'with its state');
    assert.deepEqual(
      check(round.decision, round.before, digestOf('test', 'other')),
      { ok: false, fault: 'other-state' },
      'with another state',
    );
  });

  it('refuses a decision on another chain, and stops there', () => {
    assert.equal(check(round.decision, made[0]?.before).ok, false, 'an earlier one');
    const gap = checksOf([made[0] as MadeRound, made[2] as MadeRound]);
    assert.deepEqual(
      gap.map(({ ok }) => ok),
      [true, false],
      'a missing round',
    );
  });

  it('refuses whatever was changed after the quorum signed', () => {
    const { decision } = round;
    const { value, outcome, certificate } = decision;
    const [first, ...others] = certificate.signatures;
    const flipped = Uint8Array.from(first as Uint8Array, (byte, i) => (i === 5 ? byte ^ 1 : byte));
    const listed = value.contributions.slice(1);
    const changed: readonly (readonly [string, UnverifiedDecision])[] = [
      ['another state', { ...decision, outcome: { ...outcome, applicationDigest: digestOf('test') } }],
      ['another update', { ...decision, outcome: { ...outcome, updateDigest: digestOf('test') } }],
      ['a contribution less', { ...decision, value: { ...value, contributions: listed } }],
      [
        'another order',
        { ...decision, value: { ...value, contributions: [...value.contributions].reverse() } },
      ],
      ['another proof', { ...decision, value: { ...value, beaconProof: new Uint8Array(80) } }],
      ['another author', { ...decision, value: { ...value, author: certificate.anchor } }],
      [
        'a changed signature',
        { ...decision, certificate: { ...certificate, signatures: [flipped, ...others] } },
      ],
      ['a signature less', { ...decision, certificate: { ...certificate, signatures: others } }],
      [
        'a quorum less',
        { ...decision, certificate: { ...certificate, signers: Uint8Array.of(6), signatures: others } },
      ],
      ['prevotes', { ...decision, certificate: { ...certificate, phase: 'prevote' } }],
      ['another view', { ...decision, certificate: { ...certificate, view: 1 } }],
      [
        'an opening',
        { ...decision, opening: { round: 1, attempt: 0, anchor: certificate.anchor, statements: [] } },
      ],
    ];
    for (const [what, forged] of changed) assert.notEqual(faultOf(forged), 'none', what);
  });

  it('refuses a quorum’s signature on what the round must not contain', async () => {
    const outsider = keyOf(CONFIG.genesis.peers[0] as string);
    const forgeries = await Promise.all([
      makeHistory(1, () => ({
        tamper: (value) => ({ ...value, beaconProof: value.beaconProof.map((b) => b ^ 1) }),
      })),
      makeHistory(1, () => ({
        tamper: (value) => ({
          ...value,
          contributions: value.contributions.map((entry) => ({
            ...entry,
            signature: outsider.sign(value.beaconProof),
          })),
        }),
      })),
      makeHistory(1, () => ({
        tamper: (value) => ({ ...value, contributions: [...value.contributions, ...value.contributions] }),
      })),
      makeHistory(1, (chain) => ({ tamper: (value) => withStolenBody(chain, value) })),
    ]);
    for (const [forged] of forgeries) {
      const { decision, before } = forged as MadeRound;
      assert.equal(check(decision, before).ok, false, 'a lying quorum does not make it right');
    }
  });

  it('takes a convicted peer’s seat', async () => {
    const culprit = CONFIG.genesis.peers[2] as string;
    const [convicting] = (await makeHistory(1, (chain) => ({
      changes: [doubleVote(culprit, chain)],
    }))) as [MadeRound];
    const checked = check(convicting.decision, convicting.before);
    assert.ok(checked.ok, 'certified');
    assert.deepEqual(checked.next.roster.excluded, [culprit], 'excluded');
    assert.equal(checked.next.roster.seats.length, CONFIG.genesis.peers.length - 1, 'one seat less');
  });
});
