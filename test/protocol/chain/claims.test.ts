import assert from 'node:assert/strict';
import type { Digest } from '../../../src/crypto/hash.ts';
import type { PeerId } from '../../../src/crypto/peer-id.ts';
import type { UnverifiedDecision } from '../../../src/messages/decision.ts';
import type { UnverifiedVote } from '../../../src/messages/vote.ts';
import type { Effect } from '../../../src/protocol/effect.ts';
import type { Machine } from '../../../src/protocol/machine.ts';
import { contentDigest, proposalBytes, voteBytes } from '../../../src/protocol/verification/statements.ts';
import { fakeSignatures } from '../../../simulations/fake-schemes.ts';
import { forgedDecision } from '../../hostile/forged-messages.ts';
import { configOf, machineOf, of, PEERS, started } from '../bench-peers.ts';

const config = configOf();
const [self, other, liar] = PEERS;
const ELSEWHERE: Digest = '77'.repeat(32);

/** A decision of another history whose author has signed its value, or has not. */
function decisionElsewhere(round: number, author: PeerId, isSigned: boolean): UnverifiedDecision {
  const forged = forgedDecision(round, author);
  const value = { ...forged.value, anchor: ELSEWHERE };
  const bytes = proposalBytes(config.experiment, value, contentDigest(value));
  return isSigned
    ? { ...forged, value: { ...value, signature: fakeSignatures(author).sign(bytes) } }
    : { ...forged, value };
}

function signedVote(voter: PeerId, round: number): UnverifiedVote {
  const at = { phase: 'prevote', round, attempt: 0, view: 0, anchor: ELSEWHERE } as const;
  const signature = fakeSignatures(voter).sign(voteBytes(config.experiment, at, null));
  return { kind: 'vote', ...at, voter, value: null, signature };
}

const blamed = (effects: readonly Effect[]): PeerId[] => of(effects, 'blame').map(({ peer }) => peer);

describe('what others say of the chain', () => {
  let machine: Machine;

  beforeEach(() => {
    machine = machineOf(config, self);
    started(machine);
  });

  const answer = (...decisions: UnverifiedDecision[]): readonly Effect[] =>
    machine.step({ type: 'caughtUp', peer: liar, decisions, head: 900 });

  it('is a lie where a decision of another history was never signed by its author', () => {
    assert.deepEqual(
      blamed(answer(decisionElsewhere(0, other, false))),
      [liar],
      'of the round that is played',
    );
  });

  it('costs nobody anything where the author has signed it: there may be another history', () => {
    assert.deepEqual(blamed(answer(decisionElsewhere(0, other, true))), [], 'signed');
    assert.deepEqual(
      blamed(answer(decisionElsewhere(0, 'one that joined there', false))),
      [],
      'no seat here',
    );
  });

  it('is a lie where an answer begins with another round than the one that was asked for', () => {
    assert.deepEqual(blamed(answer(decisionElsewhere(5, other, true))), [liar]);
  });

  it('leads to fewer and fewer questions where a seat speaks of rounds that nobody has', () => {
    let [nowMs, questions] = [0, 0];
    for (let second = 0; second < 200; second++) {
      nowMs += 1_000;
      const claim = machine.step(
        { type: 'message', message: signedVote(liar, 500 + second), from: liar },
        nowMs,
      );
      for (const { timer, token } of of(claim, 'setTimer')) {
        if (timer === 'claim') machine.step({ type: 'timeout', timer, token }, nowMs);
      }
      const asked = of(claim, 'catchUp');
      questions += asked.length;
      for (const { peer } of asked) machine.step({ type: 'caughtUp', peer, decisions: [], head: 0 }, nowMs);
    }
    assert.ok(questions >= 5 && questions <= 10, `${questions} questions in 200 s`);
    const honest = machine.step(
      { type: 'message', message: signedVote(other, 500), from: other },
      nowMs + 1_000,
    );
    assert.equal(of(honest, 'catchUp').length, 1, 'another seat is asked about at once');
  });
});
