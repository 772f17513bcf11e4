import assert from 'node:assert/strict';
import type { PeerId } from '../../../src/crypto/peer-id.ts';
import { CatchUp } from '../../../src/protocol/chain/catch-up.ts';
import { genesisChain } from '../../../src/protocol/chain/chain.ts';
import type { Effect } from '../../../src/protocol/effect.ts';
import type { Outbox } from '../../../src/protocol/outbox.ts';
import { Rules } from '../../../src/protocol/rules.ts';
import { configOf, PEERS } from '../bench-peers.ts';

/** Asks so many questions; who is not named answers never, the others with an empty answer. */
function askedBy(self: PeerId, questions: number, empty: readonly PeerId[]): PeerId[] {
  const config = configOf();
  const asked: PeerId[] = [];
  const outbox = {
    self,
    config,
    verifier: { rules: new Rules() },
    put: (effect: Effect) => void (effect.type === 'catchUp' && asked.push(effect.peer)),
  } as unknown as Outbox;
  const catchUp = new CatchUp(outbox);
  const head = genesisChain(config);
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
});
