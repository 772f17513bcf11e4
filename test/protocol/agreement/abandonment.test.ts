import assert from 'node:assert/strict';
import type { Abandon, Held } from '../../../src/messages/abandon.ts';
import type { Decision } from '../../../src/messages/decision.ts';
import { Abandonment } from '../../../src/protocol/agreement/abandonment.ts';
import { genesisChain } from '../../../src/protocol/chain/chain.ts';
import { Rules } from '../../../src/protocol/rules.ts';
import { configOf } from '../bench-peers.ts';

const PEERS = ['a', 'b', 'c', 'd', 'e', 'f', 'g'];
const CHAIN = genesisChain(
  configOf({ genesis: { peers: PEERS, seed: new Uint8Array(32), applicationDigest: 'aa'.repeat(32) } }),
);
const [X, Y] = ['11'.repeat(32), '22'.repeat(32)];

function decision(attempt: number, value: string): Decision {
  return { kind: 'decision', certificate: { attempt, value } } as unknown as Decision;
}

/** What these peers say of an attempt. */
function said(peers: string, attempt: number, holds: Held | null): Abandon[] {
  const { round, anchor } = CHAIN;
  return [...peers].map(
    (peer) =>
      ({ kind: 'abandon', round, attempt, anchor, peer, holds, signature: new Uint8Array(1) }) as never,
  );
}

function abandonmentOf(...statements: readonly (readonly Abandon[])[]): Abandonment {
  const abandonment = new Abandonment(CHAIN, new Rules());
  for (const one of statements.flat()) abandonment.add(one);
  return abandonment;
}

describe('abandonment', () => {
  it('opens the next attempt when more than two thirds of the roster hold nothing', () => {
    const four = abandonmentOf(said('abcd', 0, null));
    assert.equal(four.opened(0), undefined, 'four of seven');
    const five = abandonmentOf(said('fabcd', 0, null));
    const opened = five.opened(0);
    assert.equal(opened?.opening.attempt, 0, 'five of seven');
    assert.equal(opened?.held, undefined, 'nothing is forced');
    assert.deepEqual(
      opened?.opening.statements.map(({ peer }) => peer),
      ['a', 'b', 'c', 'd', 'f'],
      'sorted by peer',
    );
    assert.equal(five.opened(1), undefined, 'not the attempt after it');
  });

  it('counts each peer once, by what it said first', () => {
    const abandonment = abandonmentOf(said('aaaaaaa', 0, null), said('a', 0, { attempt: 0, value: X }));
    assert.equal(abandonment.size, 1, 'one statement');
    assert.equal(abandonment.statement(0, 'a')?.holds, null, 'the first');
    assert.equal(abandonment.opened(0), undefined, 'and no opening');
  });

  it('joins when one honest peer at least has abandoned: three of seven', () => {
    assert.equal(abandonmentOf(said('ab', 0, null)).mayJoin(0), false, 'two may be Byzantine');
    assert.equal(abandonmentOf(said('abc', 0, null)).mayJoin(0), true, 'three');
    assert.equal(
      abandonmentOf(said('a', 0, null), said('bc', 1, null)).mayJoin(0),
      true,
      'or later attempts',
    );
    assert.equal(abandonmentOf(said('abc', 0, null)).mayJoin(1), false, 'an earlier one says nothing');
  });

  it('leaves a committee without a quorum when more than a third of it has left', () => {
    const committee = ['a', 'b', 'c', 'd'];
    const left = (...statements: readonly (readonly Abandon[])[]): boolean =>
      abandonmentOf(...statements).leavesNoQuorum(0, committee);
    assert.equal(left(said('aefg', 0, null)), false, 'three of four stay, whoever else leaves');
    assert.equal(left(said('ab', 0, null)), true, 'two of four are no quorum');
    assert.equal(left(said('a', 0, null), said('b', 1, null)), true, 'who left a later attempt is gone too');
    assert.equal(
      abandonmentOf(said('ab', 0, null)).leavesNoQuorum(1, committee),
      false,
      'an earlier attempt says nothing',
    );
  });

  it('counts a statement that holds a decision only where the decision can be shown', () => {
    const holds = { attempt: 0, value: X };
    const abandonment = abandonmentOf(said('abcd', 0, null), said('e', 0, holds));
    assert.equal(abandonment.opened(0), undefined, 'nobody has seen the decision');
    abandonment.knows(decision(0, X));
    assert.equal(abandonment.opened(0), undefined, 'its holders may turn out to be enough');
    const opened = abandonment.opened(0);
    assert.equal(opened?.held?.certificate.value, X, 'at the second call the value is forced');
  });

  it('lets the newest held decision win', () => {
    const abandonment = abandonmentOf(
      said('ab', 1, { attempt: 0, value: X }),
      said('c', 1, { attempt: 1, value: Y }),
      said('de', 1, null),
    );
    abandonment.knows(decision(0, X));
    abandonment.knows(decision(1, Y));
    assert.deepEqual(abandonment.held, { attempt: 1, value: Y }, 'what this peer would say');
    abandonment.opened(1);
    assert.equal(abandonment.opened(1)?.held?.certificate.value, Y, 'of the later attempt');
  });

  it('confirms a decision that more than two thirds hold, by what was said of its own attempt', () => {
    const holds = { attempt: 0, value: X };
    const later = abandonmentOf(said('abcde', 1, holds));
    later.knows(decision(0, X));
    assert.equal(later.confirmed(), undefined, 'who abandons a later attempt may hold what is void');
    const four = abandonmentOf(said('abcd', 0, holds), said('e', 0, null));
    four.knows(decision(0, X));
    assert.equal(four.confirmed(), undefined, 'four of seven');
    const five = abandonmentOf(said('abcde', 0, holds));
    assert.equal(five.confirmed(), undefined, 'unknown here');
    five.knows(decision(0, X));
    assert.equal(five.confirmed()?.certificate.value, X, 'five of seven');
  });
});
