import assert from 'node:assert/strict';
import type { PeerId } from '../../../src/crypto/peer-id.ts';
import { CatchUp } from '../../../src/protocol/chain/catch-up.ts';
import { genesisChain } from '../../../src/protocol/chain/chain.ts';
import type { Effect } from '../../../src/protocol/effect.ts';
import type { Outbox } from '../../../src/protocol/outbox.ts';
import { Rules } from '../../../src/protocol/rules.ts';
import { forgedDecision } from '../../hostile/forged-messages.ts';
import { MAX_AHEAD, MAX_GUESTS, SETTLEMENT_ROUNDS } from '../../../src/protocol/limits.ts';
import { present } from '../../../src/foundation/assert.ts';
import { MAX_CHANGES_PER_VALUE } from '../../../src/messages/limits.ts';
import { MAX_DECISIONS_PER_ANSWER } from '../../../src/messages/request.ts';
import type { ProtocolConfig } from '../../../src/protocol/config.ts';
import { configOf, PEERS } from '../bench-peers.ts';

function outboxOf(self: PeerId, put: (effect: Effect) => void): Outbox {
  return { self, config: configOf(), verifier: { rules: new Rules() }, put } as unknown as Outbox;
}

/** Asks so many questions; who is not named answers never, the others with an empty answer. */
function askedBy(self: PeerId, questions: number, empty: readonly PeerId[]): PeerId[] {
  const asked: PeerId[] = [];
  const outbox = outboxOf(self, (effect) => void (effect.type === 'catchUp' && asked.push(effect.peer)));
  const catchUp = new CatchUp(outbox);
  const head = genesisChain(outbox.config);
  for (let i = 0; i < questions; i++) {
    catchUp.ask(head);
    const peer = asked.at(-1);
    if (peer !== undefined && empty.includes(peer)) catchUp.answered(peer, true);
    else catchUp.giveUp();
  }
  return asked;
}

describe('catching up', () => {
  it('comes back to silent peers although another one answers every time, with nothing', () => {
    const [self, liar, ...others] = PEERS;
    const asked = askedBy(self, 10 * PEERS.length, [liar]);
    for (const peer of others) {
      const times = asked.filter((one) => one === peer).length;
      assert.ok(times >= 5, `${peer} was asked ${times} times of ${asked.length}`);
    }
  });

  it('keeps no more decisions of later rounds where the head goes back', () => {
    const catchUp = new CatchUp(outboxOf(PEERS[0], () => undefined));
    const [before, after] = [20, 10];
    for (let round = before; round < before + MAX_AHEAD; round++) {
      assert.ok(catchUp.keep(forgedDecision(round, PEERS[1]), before), `round ${round}`);
    }
    catchUp.returned(after);
    for (let round = after; round < before; round++) catchUp.keep(forgedDecision(round, PEERS[1]), after);
    assert.equal(catchUp.sizes()['ahead'], MAX_AHEAD);
    assert.ok(catchUp.at(after + MAX_AHEAD - 1), 'the next ones stay');
    assert.equal(catchUp.at(after + MAX_AHEAD), undefined, 'the furthest go');
  });

  /** What it asks, one question after the other; each is answered with nothing. */
  class Asking {
    readonly catchUp: CatchUp;
    readonly head = genesisChain(configOf());
    readonly asked: { readonly peer: PeerId; readonly fromRound: number }[] = [];

    constructor() {
      const put = (effect: Effect): void => {
        if (effect.type === 'catchUp') this.asked.push({ peer: effect.peer, fromRound: effect.fromRound });
      };
      this.catchUp = new CatchUp(outboxOf(PEERS[0], put));
    }

    ask(round = 100): { readonly peer: PeerId; readonly fromRound: number } {
      this.catchUp.ask({ ...this.head, round });
      const asked = present(this.asked.at(-1), 'a question');
      this.catchUp.answered(asked.peer, true);
      return asked;
    }
  }

  it('asks one question at a time', () => {
    const { catchUp, head, asked } = new Asking();
    catchUp.ask(head);
    catchUp.ask(head);
    assert.equal(asked.length, 1, 'the first is open');
    catchUp.answered('somebody else', true);
    catchUp.ask(head);
    assert.equal(asked.length, 1, 'an answer of somebody that was not asked closes nothing');
    catchUp.giveUp();
    catchUp.ask(head);
    assert.equal(asked.length, 2);
    assert.notEqual(asked[1]?.peer, asked[0]?.peer, 'somebody else');
  });

  it('goes back once as far as one may step, after what it was shown did not fit', () => {
    const asking = new Asking();
    assert.equal(asking.ask().fromRound, 100);
    asking.catchUp.probe();
    assert.equal(asking.ask().fromRound, 100 - SETTLEMENT_ROUNDS);
    assert.equal(asking.ask().fromRound, 100, 'once');
    asking.catchUp.probe();
    assert.equal(asking.ask(3).fromRound, 0, 'not below the first round');
  });

  it('looks back twice as far each time that somebody plays the round on another state, until the head moves', () => {
    const asking = new Asking();
    const depths = [1, 2, 3, 4, 5, 6].map(() => {
      asking.catchUp.lookBack();
      return 100 - asking.ask().fromRound;
    });
    assert.deepEqual(depths, [1, 2, 4, 8, SETTLEMENT_ROUNDS, SETTLEMENT_ROUNDS]);
    asking.catchUp.reached({ ...asking.head, round: 101 });
    asking.catchUp.lookBack();
    assert.equal(asking.ask(101).fromRound, 100);
  });

  it('asks first, once, a seat that is said to be ahead, and nobody else on such a word', () => {
    for (const lead of PEERS.slice(1)) {
      const asking = new Asking();
      asking.catchUp.follow(lead);
      assert.equal(asking.ask().peer, lead);
    }
    const stranger = new Asking();
    stranger.catchUp.follow('nobody');
    assert.notEqual(stranger.ask().peer, 'nobody', 'it has no seat');
    const itself = new Asking();
    itself.catchUp.follow(PEERS[0]);
    assert.notEqual(itself.ask().peer, PEERS[0]);
  });

  it('comes back to the one that has more, where it answered so', () => {
    const asking = new Asking();
    asking.catchUp.moreAt(PEERS[2], true);
    assert.equal(asking.catchUp.wantsMore, true);
    assert.equal(asking.ask().peer, PEERS[2]);
    asking.catchUp.moreAt(PEERS[2], false);
    assert.equal(asking.catchUp.wantsMore, false);
  });

  it('asks a neighbour without a seat where every seat was asked in vain', () => {
    const { catchUp, head, asked } = new Asking();
    catchUp.meet('neighbour');
    for (let i = 0; i <= PEERS.length; i++) {
      catchUp.ask(head);
      catchUp.giveUp();
    }
    const peers = asked.map(({ peer }) => peer);
    assert.ok(!peers.slice(0, PEERS.length - 1).includes('neighbour'), 'the seats come first');
    assert.ok(peers.includes('neighbour'), peers.join());
    for (let i = 0; i < 3 * MAX_GUESTS; i++) catchUp.meet(`neighbour ${i}`);
    assert.equal(catchUp.sizes()['guests'], MAX_GUESTS, 'the oldest are forgotten');
  });

  it('keeps decisions of a bounded number of rounds from the head on', () => {
    const { catchUp, head } = new Asking();
    assert.equal(catchUp.keep(forgedDecision(9, PEERS[1]), 10), false, 'below the head');
    assert.equal(catchUp.keep(forgedDecision(10 + MAX_AHEAD, PEERS[1]), 10), false, 'too far');
    assert.equal(catchUp.keep(forgedDecision(10, PEERS[1]), 10), true);
    assert.equal(catchUp.keep(forgedDecision(12, PEERS[1]), 10), true);
    catchUp.reached({ ...head, round: 11 });
    assert.deepEqual(
      [catchUp.at(10), catchUp.at(12)?.value.round],
      [undefined, 12],
      'behind the head they go',
    );
    catchUp.drop(12);
    assert.equal(catchUp.at(12), undefined);
  });

  it('bounds an answer by the seats that its decisions can lead to', () => {
    const seatsOf = (changes: Partial<ProtocolConfig>): number[] => {
      const seats: number[] = [];
      const config = configOf(changes);
      const put = (effect: Effect): void => void (effect.type === 'catchUp' && seats.push(effect.seats));
      const outbox = { self: PEERS[0], config, verifier: { rules: new Rules() }, put } as unknown as Outbox;
      new CatchUp(outbox).ask(genesisChain(config));
      return seats;
    };
    assert.deepEqual(seatsOf({}), [PEERS.length], 'nobody can join');
    assert.deepEqual(
      seatsOf({ admission: { policy: 'open' }, maxPeers: 8 }),
      [8],
      'no more than there may be',
    );
    const many = PEERS.length + MAX_DECISIONS_PER_ANSWER * MAX_CHANGES_PER_VALUE;
    assert.deepEqual(seatsOf({ admission: { policy: 'open' }, maxPeers: 100_000 }), [many]);
  });
});
