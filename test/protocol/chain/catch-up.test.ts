import assert from 'node:assert/strict';
import type { PeerId } from '../../../src/crypto/peer-id.ts';
import { CatchUp } from '../../../src/protocol/chain/catch-up.ts';
import { genesisChain } from '../../../src/protocol/chain/chain.ts';
import type { Effect } from '../../../src/protocol/effect.ts';
import type { Outbox } from '../../../src/protocol/outbox.ts';
import { Rules } from '../../../src/protocol/rules.ts';
import { forgedDecision } from '../../hostile/forged-messages.ts';
import { MAX_AHEAD } from '../../../src/protocol/limits.ts';
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
});
