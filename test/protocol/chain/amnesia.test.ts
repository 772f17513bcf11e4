import assert from 'node:assert/strict';
import { Amnesia } from '../../../src/protocol/chain/amnesia.ts';
import { genesisChain } from '../../../src/protocol/chain/chain.ts';
import { Rules } from '../../../src/protocol/rules.ts';
import { AMNESIA_ROUNDS } from '../../../src/protocol/limits.ts';
import type { Effect } from '../../../src/protocol/effect.ts';
import type { Machine } from '../../../src/protocol/machine.ts';
import { configOfSeven, machineOf, of, SEVEN, started } from '../bench-peers.ts';
import { abandonOf, decideMany, type MadeDecision } from '../made-chain.ts';

const CONFIG = configOfSeven();
const [SELF, ...OTHERS] = SEVEN;
const HEAD = genesisChain(CONFIG);

function lost(): Amnesia {
  const amnesia = new Amnesia(new Rules());
  amnesia.begin();
  return amnesia;
}

describe('amnesia', () => {
  it('silences nobody whose disk is whole', () => {
    const amnesia = new Amnesia(new Rules());
    assert.equal(amnesia.silences(0), false);
    assert.equal(amnesia.heardFrom('b', HEAD), undefined, 'there is nothing to wait for');
    assert.equal(amnesia.endsAt(0), false, 'and nothing to trust again');
  });

  it('lasts until more than two thirds have nothing newer: five of seven', () => {
    const amnesia = lost();
    for (const peer of OTHERS.slice(0, 4)) assert.equal(amnesia.heardFrom(peer, HEAD), undefined, peer);
    assert.equal(amnesia.silences(1_000), true, 'four have said so');
    assert.equal(amnesia.heardFrom('f', HEAD), AMNESIA_ROUNDS, 'the fifth');
    assert.equal(amnesia.heardFrom('g', HEAD), undefined, 'it is known already');
  });

  it('counts nobody twice, and nobody without a seat', () => {
    const amnesia = lost();
    for (let i = 0; i < 10; i++) {
      assert.equal(amnesia.heardFrom('b', HEAD), undefined, 'one peer ten times');
      assert.equal(amnesia.heardFrom(`stranger ${i}`, HEAD), undefined, 'strangers');
    }
    assert.equal(amnesia.silences(0), true);
  });

  it('ends once, so many certified rounds after that', () => {
    const amnesia = lost();
    for (const peer of OTHERS) amnesia.heardFrom(peer, HEAD);
    for (let round = 0; round < AMNESIA_ROUNDS; round++) {
      assert.equal(amnesia.silences(round), true, `round ${round}`);
      assert.equal(amnesia.endsAt(round), false, `round ${round}`);
    }
    assert.equal(amnesia.silences(AMNESIA_ROUNDS), false, 'then it may sign');
    assert.equal(amnesia.endsAt(AMNESIA_ROUNDS), true, 'once');
    assert.equal(amnesia.endsAt(AMNESIA_ROUNDS), false, 'not again');
  });
});

describe('a peer whose disk was lost', () => {
  let machine: Machine;
  let first: readonly Effect[];
  const made = decideMany(CONFIG, 4);
  const answer = (peer: string, head: number, ...decisions: MadeDecision[]): readonly Effect[] =>
    machine.step({ type: 'caughtUp', peer, decisions: decisions.map(({ decision }) => decision), head });
  /** Hears of a round's decision, and applies it. */
  const adopt = ({ before, decision }: MadeDecision): readonly Effect[] => {
    machine.step({ type: 'message', message: decision, from: 'b' });
    const { applicationDigest } = decision.outcome;
    return machine.step({ type: 'adopted', round: before.round, applicationDigest });
  };
  const reports = (effects: readonly Effect[]): string[] =>
    of(effects, 'report').map(({ report }) => report.event);

  beforeEach(() => {
    machine = machineOf(CONFIG, SELF);
    first = started(machine, { decisions: [], memories: [], amnesiac: true });
  });

  it('neither trains nor votes, whatever its turn is', () => {
    assert.deepEqual(of(first, 'train'), []);
    for (const { timer, token } of of(first, 'setTimer')) {
      const effects = machine.step({ type: 'timeout', timer, token });
      const signed = of(effects, 'publish').filter(({ message }) => message.kind !== 'join');
      assert.deepEqual([...signed, ...of(effects, 'store')], [], timer);
    }
  });

  it('says of no decided round that it holds its decision', () => {
    for (const round of made.slice(0, 2)) adopt(round);
    const asked = abandonOf(CONFIG, (made[1] as MadeDecision).before, 'c', 0, null);
    const effects = machine.step({ type: 'message', message: asked, from: 'c' });
    assert.deepEqual(
      of(effects, 'send').flatMap(({ message }) => (message.kind === 'abandon' ? [message] : [])),
      [],
    );
    assert.deepEqual(of(effects, 'store'), []);
  });

  it('goes on waiting where it is told of later rounds, or of nothing', () => {
    for (const peer of OTHERS) {
      const effects = answer(peer, 5);
      assert.deepEqual(reports(effects), [], `${peer} is ahead`);
    }
    for (const peer of OTHERS) machine.step({ type: 'caughtUp', peer, decisions: undefined, head: 0 });
    assert.deepEqual(reports(answer(OTHERS[0] as string, 0)), [], 'one of seven');
  });

  it('says until when, trusts what it stores from there on, and trains again', () => {
    const effects = OTHERS.slice(0, 5).flatMap((peer) => answer(peer, 0));
    assert.deepEqual(
      of(effects, 'report').map(({ report }) => report),
      [{ event: 'silent', untilRound: AMNESIA_ROUNDS }],
    );
    for (const round of made.slice(0, AMNESIA_ROUNDS)) {
      assert.equal(machine.position.round, round.before.round);
      const next = adopt(round);
      const isOver = round.after.round === AMNESIA_ROUNDS;
      assert.equal(of(next, 'trustMemories').length, isOver ? 1 : 0, `after round ${round.before.round}`);
      assert.equal(of(next, 'train').length, isOver ? 1 : 0, `round ${round.after.round}`);
    }
    const next = adopt(made[AMNESIA_ROUNDS] as MadeDecision);
    assert.deepEqual(of(next, 'trustMemories'), [], 'once');
  });
});
