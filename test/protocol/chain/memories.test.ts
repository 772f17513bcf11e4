import assert from 'node:assert/strict';
import type { UnverifiedDecision } from '../../../src/messages/decision.ts';
import { genesisChain } from '../../../src/protocol/chain/chain.ts';
import { Memories } from '../../../src/protocol/chain/memories.ts';
import { SETTLEMENT_ROUNDS } from '../../../src/protocol/limits.ts';
import type { Pinned, RoundMemory } from '../../../src/protocol/saved-state.ts';
import { configOfSeven, outboxOf, SEVEN } from '../bench-peers.ts';
import { certificateOf, decide, decideMany, openingOf } from '../made-chain.ts';

const CONFIG = configOfSeven();
const made = decideMany(CONFIG, SETTLEMENT_ROUNDS + 4);
const fresh = (): Memories => new Memories(outboxOf(CONFIG, SEVEN[0]));
const memoryOf = (round: number): RoundMemory => {
  const { anchor = '' } = made[round]?.before ?? {};
  return { round, anchor, abandons: [], attempt: 0, view: 0, votes: [] };
};

describe('what a peer remembers of the newest rounds', () => {
  const chain = genesisChain(CONFIG);

  it('is one journal for each state: what was signed on it stands when the round is played again', () => {
    const memories = fresh();
    const said = memories.journal(chain).abandon(0, null);
    assert.equal(memories.journal({ ...chain }).abandon(0, { attempt: 0, value: '11'.repeat(32) }), said);
    const elsewhere = memories.journal({ ...chain, anchor: '77'.repeat(32) });
    assert.deepEqual(elsewhere.memory.abandons, [], 'another state, another journal');
    assert.equal(memories.size, 2);
  });

  it('comes from the disk with the opening that a lock was kept with', () => {
    const opening = openingOf(CONFIG, chain, 0, SEVEN.slice(0, 5));
    const { decision, value: digest } = decide(CONFIG, chain, { attempt: 1, opening });
    const { value, outcome } = decision;
    const polka = certificateOf(CONFIG, chain, digest, 5, { phase: 'prevote', attempt: 1, view: 0 });
    const pinned: Pinned = { view: 0, digest, value, outcome, polka, opened: { opening } };
    const memories = fresh();
    memories.load([{ ...memoryOf(0), attempt: 1, locked: pinned, valid: pinned }]);
    assert.deepEqual(memories.opened(chain), { opening });
    assert.deepEqual(memories.journal(chain).memory.locked, pinned);
  });

  it('does not believe an opening on the disk that too few signed, nor a decision beside it that does not hold', () => {
    const disk = (peers: number, held?: UnverifiedDecision) => {
      const memories = fresh();
      const opening = openingOf(CONFIG, chain, 0, SEVEN.slice(0, peers));
      memories.open(held === undefined ? { opening } : { opening, held });
      return memories.opened(chain);
    };
    assert.equal(disk(4), undefined, 'four of seven');
    assert.equal(disk(5)?.opening.statements.length, 5);
    const { decision } = decide(CONFIG, chain);
    assert.equal(disk(5, decision)?.held, decision);
    const forged = { ...decision, outcome: { ...decision.outcome, updateByteLength: 3 } };
    assert.equal(disk(5, forged)?.held, undefined);
  });

  it('forgets what nobody steps back to, and knows that it has', () => {
    const memories = fresh();
    memories.load(made.map((_, round) => memoryOf(round)));
    const oldest = made.length - 1 - SETTLEMENT_ROUNDS;
    assert.equal(memories.firstRemembered, oldest);
    assert.equal(memories.size, SETTLEMENT_ROUNDS + 1);
    memories.forgetBelow(oldest - 2);
    assert.equal(memories.firstRemembered, oldest, 'what is forgotten is not known again');
    memories.forgetBelow(oldest + 1);
    assert.deepEqual([memories.firstRemembered, memories.size], [oldest + 1, SETTLEMENT_ROUNDS]);
  });

  it('keeps the opening of the latest attempt', () => {
    const memories = fresh();
    const [first, second] = [0, 1].map((attempt) => openingOf(CONFIG, chain, attempt, SEVEN.slice(0, 5)));
    memories.openIfNewer(undefined);
    assert.equal(memories.opened(chain), undefined);
    memories.openIfNewer(second);
    memories.openIfNewer(first);
    assert.equal(memories.opened(chain)?.opening, second);
    memories.forgetBelow(1);
    assert.equal(memories.opened(chain), undefined, 'with its round');
  });
});
