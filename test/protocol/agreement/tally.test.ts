import assert from 'node:assert/strict';
import type { Vote, VotePhase } from '../../../src/messages/vote.ts';
import { VIEWS_AHEAD, VIEWS_BEHIND } from '../../../src/protocol/limits.ts';
import { Rules } from '../../../src/protocol/rules.ts';
import { Tally } from '../../../src/protocol/agreement/tally.ts';

const COMMITTEE = ['a', 'b', 'c', 'd', 'e', 'f', 'g'];
const [X, Y] = ['11'.repeat(32), '22'.repeat(32)];

function vote(voter: string, phase: VotePhase, view: number, value: string | null): Vote {
  const signature = Uint8Array.of(voter.charCodeAt(0));
  const at = { phase, round: 3, attempt: 0, view, anchor: '33'.repeat(32) };
  return { kind: 'vote', ...at, voter, value, signature } as unknown as Vote;
}

describe('tally', () => {
  const tallyOf = (...votes: readonly Vote[]): Tally => {
    const tally = new Tally(COMMITTEE, new Rules());
    for (const one of votes) tally.add(one, 0);
    return tally;
  };

  it('counts the first vote of a member in a slot, and turns a second, different one into a conflict', () => {
    const tally = tallyOf();
    const first = vote('a', 'prevote', 0, X);
    assert.equal(tally.add(first, 0), 'new', 'the first');
    assert.equal(tally.add(vote('a', 'prevote', 0, X), 0), 'duplicate', 'the same again');
    assert.deepEqual(tally.add(vote('a', 'prevote', 0, null), 0), { conflictsWith: first }, 'nil instead');
    assert.equal(tally.add(vote('a', 'precommit', 0, Y), 0), 'new', 'the other phase is another slot');
    assert.equal(tally.add(vote('a', 'prevote', 1, Y), 0), 'new', 'and so is another view');
    assert.equal(tally.count('prevote', 0, X), 1, 'one vote');
    assert.equal(tally.count('prevote', 0, null), 0, 'the second was not counted');
  });

  it('has a quorum of seven with five equal votes, not with four, nor with five mixed ones', () => {
    const four = ['a', 'b', 'c', 'd'].map((voter) => vote(voter, 'precommit', 0, X));
    assert.equal(tallyOf(...four).hasQuorum('precommit', 0, X), false, 'four');
    const mixed = tallyOf(...four, vote('e', 'precommit', 0, Y));
    assert.equal(mixed.hasQuorum('precommit', 0, X), false, 'five that do not agree');
    const five = tallyOf(...four, vote('e', 'precommit', 0, X));
    assert.equal(five.hasQuorum('precommit', 0, X), true, 'five');
    assert.equal(five.hasQuorum('prevote', 0, X), false, 'of the other phase');
  });

  it('makes a certificate of a quorum, signatures in the order of the committee', () => {
    const tally = tallyOf(
      ...['g', 'c', 'a', 'f', 'b', 'e'].map((voter) => vote(voter, 'precommit', 0, voter === 'b' ? Y : X)),
      vote('d', 'precommit', 0, X),
    );
    const { signers, signatures, value, view } = tally.certificate('precommit', 0, X);
    assert.deepEqual([value, view], [X, 0], 'what it certifies');
    assert.deepEqual([...signers], [0b0111101], 'a, c, d, e, f: the first quorum that voted for it');
    assert.deepEqual(
      signatures.map(([first]) => String.fromCharCode(first ?? 0)),
      ['a', 'c', 'd', 'e', 'f'],
      'their signatures',
    );
  });

  it('follows to a view that f + 1 members have reached', () => {
    const tally = tallyOf(vote('a', 'prevote', 2, X), vote('b', 'prevote', 3, X));
    assert.equal(tally.viewAhead(0), undefined, 'two of seven may be Byzantine');
    tally.add(vote('c', 'prevote', 1, X), 0);
    assert.equal(tally.viewAhead(0), 1, 'one honest member at least has reached it');
    tally.add(vote('d', 'prevote', 3, X), 0);
    assert.equal(tally.viewAhead(0), 2, 'the third newest');
  });

  it('keeps a bounded number of votes, whatever views members claim', () => {
    const tally = tallyOf();
    const current = 10;
    for (const voter of COMMITTEE) {
      for (let view = 0; view < 100; view++) {
        for (const phase of ['prevote', 'precommit'] as const)
          tally.add(vote(voter, phase, view, X), current);
      }
    }
    assert.equal(tally.size, 2 * COMMITTEE.length * (VIEWS_AHEAD + VIEWS_BEHIND + 1), 'the views around it');
    assert.equal(tally.add(vote('a', 'prevote', current + VIEWS_AHEAD + 1, Y), current), 'far', 'beyond');
    tally.forgetBelow(current + 5);
    assert.equal(tally.size, 2 * COMMITTEE.length, 'what can still decide');
    assert.equal(tally.votesAt(current + VIEWS_AHEAD).length, 2 * COMMITTEE.length, 'the newest view');
  });
});
