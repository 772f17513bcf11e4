import assert from 'node:assert/strict';
import { CalmNetwork, namesOf } from '../../../simulations/calm-network.ts';
import { fakeSignatures } from '../../../simulations/fake-schemes.ts';
import { PLANTS } from '../../../simulations/plants.ts';
import { proposerOf } from '../../../src/committee/sampling.ts';
import { present } from '../../../src/foundation/assert.ts';
import type { Held, UnverifiedOpening } from '../../../src/messages/abandon.ts';
import type { UnverifiedProposal } from '../../../src/messages/proposal.ts';
import { committeeOf } from '../../../src/protocol/chain/chain.ts';
import type { RoundMemory } from '../../../src/protocol/saved-state.ts';
import { abandonBytes } from '../../../src/protocol/verification/statements.ts';
import { machineOf, of } from '../bench-peers.ts';

const ROUND = 3;
const NAMES = namesOf(8);

/**
 * Attempt 1 was opened in two ways: by statements that hold nothing, under which a quorum prevoted for a new value, and
 * by others that force attempt 0's decision. A peer crashes that is locked on the new value, and hears of the second.
 */
function proposalAfterCrash(remembers: (memory: RoundMemory) => RoundMemory | undefined): {
  readonly proposal: UnverifiedProposal | undefined;
  readonly free: UnverifiedOpening;
} {
  const network = new CalmNetwork(NAMES, { committeeSize: 4, checkpointRounds: 1 });
  for (const name of NAMES) network.add(name);
  network.start();
  assert.ok(network.reach(ROUND + 1), 'rounds are played');
  const disk = present(network.peers[0], 'a peer').disk;
  const { decision } = present(disk.decisions.get(ROUND), 'a decision');
  const { chain } = present(disk.checkpoints.get(ROUND), 'a checkpoint');
  const { anchor } = chain;
  const openingOf = (holds: Held | null): UnverifiedOpening => {
    const at = { round: ROUND, attempt: 0, anchor };
    const statements = [...NAMES].sort().map((peer, i) => {
      const held = i === 0 ? holds : null;
      return {
        peer,
        holds: held,
        signature: fakeSignatures(peer).sign(abandonBytes(network.config.experiment, at, held)),
      };
    });
    return { ...at, statements };
  };
  const free = openingOf(null);
  const { value: digest } = decision.certificate;
  const pinned = {
    ...{ view: 0, digest, value: { ...decision.value, attempt: 1, view: 0 }, outcome: decision.outcome },
    polka: { ...decision.certificate, phase: 'prevote', attempt: 1, view: 0 },
    opened: { opening: free },
  };
  const memory = {
    ...{ round: ROUND, anchor, attempt: 1, view: 1, votes: [], abandons: [] },
    ...{ locked: pinned, valid: pinned },
  } as unknown as RoundMemory;
  const self = proposerOf(committeeOf(network.config, chain, 1), 1);
  const saved = present(remembers(memory), 'a memory');
  const machine = machineOf(network.config, self);
  const before = [0, 1, 2].map((round) => present(disk.decisions.get(round), 'a decision').decision);
  machine.step({ type: 'start', saved: { decisions: before, memories: [saved], amnesiac: false } });
  const { applicationDigest } = present(before.at(-1), 'a decision').outcome;
  const start = machine.step({ type: 'rebuilt', round: ROUND, applicationDigest });
  const { body: _body, ...held } = decision;
  const opening = { kind: 'opening', opening: openingOf({ attempt: 0, value: digest }), held } as const;
  const effects = [
    ...start,
    ...machine.step({ type: 'message', message: opening, from: NAMES[0] as string }),
  ];
  const said = of(effects, 'publish').map(({ message }) => message);
  return { proposal: said.find((message) => message.kind === 'proposal'), free };
}

describe('a lock', () => {
  it('keeps the opening that allows its value, and the peer proposes it with that one after a crash', () => {
    const { proposal, free } = proposalAfterCrash((memory) => memory);
    assert.equal(proposal?.value.attempt, 1, 'the value that it is locked on');
    assert.deepEqual(proposal.opening, free, 'as it was allowed');
    assert.equal(proposal.held, undefined, 'nothing is forced by it');
  });

  it('would be proposed with an opening that forces another value, were that not on the disk', () => {
    const { remembers } = PLANTS['opening of a lock not persisted'].ledgerFaults;
    const { proposal, free } = proposalAfterCrash(remembers);
    assert.equal(proposal?.value.attempt, 1, 'the same value');
    assert.notDeepEqual(proposal.opening, free, 'which everyone else refuses under this opening');
  });
});
