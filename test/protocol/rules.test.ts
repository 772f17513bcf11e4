import assert from 'node:assert/strict';
import { present } from '../../src/foundation/assert.ts';
import type { PeerId } from '../../src/crypto/peer-id.ts';
import type { Abandon } from '../../src/messages/abandon.ts';
import type { Vote } from '../../src/messages/vote.ts';
import { Abandonment } from '../../src/protocol/agreement/abandonment.ts';
import { Tally } from '../../src/protocol/agreement/tally.ts';
import { mayAdopt } from '../../src/protocol/chain/adoption.ts';
import { Amnesia } from '../../src/protocol/chain/amnesia.ts';
import { committeeOf, genesisChain } from '../../src/protocol/chain/chain.ts';
import { Memories } from '../../src/protocol/chain/memories.ts';
import {
  ONE_HONEST_USES,
  QUORUM_USES,
  Rules,
  type OneHonestUse,
  type QuorumUse,
} from '../../src/protocol/rules.ts';
import { oneHonestTooFew, quorumOfHalf } from '../../simulations/plants.ts';
import { configOfSeven, outboxOf, SEVEN, verifierOf } from './bench-peers.ts';
import {
  abandonOf,
  certificateOf,
  decide,
  heldOf,
  openingOf,
  voteOf,
  type MadeDecision,
} from './made-chain.ts';

const CONFIG = configOfSeven({ committeeSize: 7 });
/** With a second attempt after the first. */
const TWO_ATTEMPTS = configOfSeven();
const CHAIN = genesisChain(CONFIG);
const COMMITTEE = committeeOf(CONFIG, CHAIN, 0);
const VALUE = '11'.repeat(32);

function tallyOf(
  rules: Rules,
  count: number,
  vote: Parameters<typeof voteOf>[3],
  value: string | null,
): Tally {
  const tally = new Tally(COMMITTEE, rules);
  for (const voter of COMMITTEE.slice(0, count)) {
    tally.add(voteOf(CONFIG, CHAIN, voter, vote, value) as Vote, 0);
  }
  return tally;
}

function abandoned(rules: Rules, peers: readonly PeerId[], held?: MadeDecision): Abandonment {
  const abandonment = new Abandonment(CHAIN, rules);
  if (held !== undefined) abandonment.knows(held.decision);
  for (const peer of peers) {
    abandonment.add(
      abandonOf(TWO_ATTEMPTS, CHAIN, peer, 0, held === undefined ? null : heldOf(held)) as Abandon,
    );
  }
  return abandonment;
}

/** A bound peer, and so many of seven that have signed rounds on top of the decision. */
function confirmedBy(rules: Rules, count: number): boolean {
  const made = decide(TWO_ATTEMPTS, CHAIN);
  const { after } = made;
  const members = committeeOf(TWO_ATTEMPTS, after, 0).slice(0, 3);
  const others = SEVEN.filter((peer) => !members.includes(peer));
  const next = decide(TWO_ATTEMPTS, after, {
    workers: count > members.length ? others.slice(0, count - members.length) : members.slice(0, 1),
  });
  const outbox = outboxOf(TWO_ATTEMPTS, SEVEN[0], rules);
  const memories = new Memories(outbox);
  memories.journal(CHAIN).abandon(0, null);
  const later = (round: number) => (round === 1 ? next.decision : undefined);
  return mayAdopt(
    { outbox, head: CHAIN, memories, roundState: undefined, knownBefore: false, later },
    made.decision,
  );
}

/** Whether so many of seven are enough, at each place where more than two thirds decide. */
const QUORUMS: { readonly [U in QuorumUse]: (rules: Rules, count: number) => boolean } = {
  prevotes: (rules, count) => {
    const vote = { phase: 'prevote', attempt: 0, view: 0 } as const;
    return tallyOf(rules, count, vote, VALUE).hasQuorum('prevote', 0, VALUE);
  },
  precommits: (rules, count) => {
    const vote = { phase: 'precommit', attempt: 0, view: 0 } as const;
    return tallyOf(rules, count, vote, VALUE).hasQuorum('precommit', 0, VALUE);
  },
  certificate: (rules, count) => {
    const at = { phase: 'precommit', attempt: 0, view: 0 } as const;
    const certificate = certificateOf(CONFIG, CHAIN, VALUE, count, at);
    return verifierOf(CONFIG, rules).certificate(CHAIN, certificate, 'precommit').ok;
  },
  abandonments: (rules, count) => abandoned(rules, SEVEN.slice(0, count)).opened(0) !== undefined,
  opening: (rules, count) => {
    const opening = openingOf(TWO_ATTEMPTS, CHAIN, 0, SEVEN.slice(0, count));
    return verifierOf(TWO_ATTEMPTS, rules).opening(CHAIN, opening).ok;
  },
  holders: (rules, count) =>
    abandoned(rules, SEVEN.slice(0, count), decide(TWO_ATTEMPTS, CHAIN)).confirmed() !== undefined,
  successors: confirmedBy,
  'lost disk': (rules, count) => {
    const amnesia = new Amnesia(rules);
    amnesia.begin();
    const told = SEVEN.slice(0, count).map((peer) => amnesia.heardFrom(peer, CHAIN));
    return told.some((until) => until !== undefined);
  },
};

/** The same where one honest peer among them decides. */
const ONE_HONEST: { readonly [U in OneHonestUse]: (rules: Rules, count: number) => boolean } = {
  'later view': (rules, count) => {
    const vote = { phase: 'prevote', attempt: 0, view: 2 } as const;
    return tallyOf(rules, count, vote, null).viewAhead(0) !== undefined;
  },
  'giving up': (rules, count) => abandoned(rules, SEVEN.slice(0, count)).mayJoin(0),
};

describe('the numbers of peers that decide', () => {
  const least = (isEnough: (rules: Rules, count: number) => boolean, rules: Rules): number =>
    present(
      [0, 1, 2, 3, 4, 5, 6, 7].find((count) => isEnough(rules, count)),
      'a number that is enough',
    );

  for (const use of QUORUM_USES) {
    it(`${use}: five of seven, and a quorum of one half is found here alone`, () => {
      assert.equal(least(QUORUMS[use], new Rules()), 5);
      const planted = quorumOfHalf(use);
      for (const other of QUORUM_USES) {
        const enough = least(QUORUMS[other], planted);
        assert.equal(enough < 5, other === use, `${other}: ${enough} of seven`);
      }
    });
  }

  for (const use of ONE_HONEST_USES) {
    it(`${use}: three of seven, and one fewer is found here alone`, () => {
      assert.equal(least(ONE_HONEST[use], new Rules()), 3);
      const planted = oneHonestTooFew(use);
      for (const other of ONE_HONEST_USES) {
        assert.equal(least(ONE_HONEST[other], planted), other === use ? 2 : 3, other);
      }
    });
  }
});
