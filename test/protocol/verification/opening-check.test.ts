import assert from 'node:assert/strict';
import { CalmNetwork, namesOf } from '../../../simulations/calm-network.ts';
import { fakeSignatures } from '../../../simulations/fake-schemes.ts';
import { present } from '../../../src/foundation/assert.ts';
import type { Held, UnverifiedOpening } from '../../../src/messages/abandon.ts';
import type { UnverifiedDecision } from '../../../src/messages/decision.ts';
import type { SignedProposal, UnverifiedProposal } from '../../../src/messages/proposal.ts';
import { checkProposal } from '../../../src/protocol/verification/opening-check.ts';
import type { Chain } from '../../../src/protocol/chain/chain.ts';
import { abandonBytes } from '../../../src/protocol/verification/statements.ts';
import { verifierOf } from '../bench-peers.ts';

const ROUND = 3;
const NAMES = namesOf(8);

/** A round that is decided in its attempt 0, and what a proposal of attempt 1 may say then. */
function roundThatIsOpenedAgain() {
  const network = new CalmNetwork(NAMES, { committeeSize: 4, checkpointRounds: 1 });
  for (const name of NAMES) network.add(name);
  network.start();
  assert.ok(network.reach(ROUND + 1), 'rounds are played');
  const disk = present(network.peers[0], 'a peer').disk;
  const { decision } = present(disk.decisions.get(ROUND), 'a decision');
  const chain: Chain = present(disk.checkpoints.get(ROUND), 'a checkpoint').chain;
  const { anchor } = chain;
  const openingOf = (holds: Held | null): UnverifiedOpening => {
    const at = { round: ROUND, attempt: 0, anchor };
    const statements = [...NAMES].sort().map((peer, i) => {
      const held = i === 0 ? holds : null;
      const signature = fakeSignatures(peer).sign(abandonBytes(network.config.experiment, at, held));
      return { peer, holds: held, signature };
    });
    return { ...at, statements };
  };
  const { value } = decision.certificate;
  const verifier = verifierOf(network.config);
  return {
    decision,
    free: openingOf(null),
    forcing: openingOf({ attempt: 0, value }),
    /** Of what follows from its signatures nothing is looked at here. */
    fault: (proposal: UnverifiedProposal) => {
      const checked = checkProposal(verifier, chain, proposal as SignedProposal);
      return checked.ok ? undefined : checked.fault;
    },
  };
}

/** A proposal in view 1 of attempt 1, of the decision's list as a value of `valueOf`. */
function proposalOf(
  decision: UnverifiedDecision,
  valueOf: { readonly attempt: number; readonly view: number },
  rest: Partial<UnverifiedProposal>,
): UnverifiedProposal {
  const { round, anchor, author } = decision.value;
  return {
    ...{ kind: 'proposal', round, attempt: 1, view: 1, anchor, proposer: author },
    ...{ value: { ...decision.value, ...valueOf }, signature: new Uint8Array(64) },
    ...rest,
  };
}

describe('the opening that a proposal carries', () => {
  const { decision, free, forcing, fault } = roundThatIsOpenedAgain();
  const { body: _body, ...held } = decision;
  const OF_BEFORE = { attempt: 0, view: decision.value.view };
  const fresh = (rest: Partial<UnverifiedProposal>) => proposalOf(decision, { attempt: 1, view: 1 }, rest);
  const earlier = (rest: Partial<UnverifiedProposal>) => proposalOf(decision, { attempt: 1, view: 0 }, rest);
  const forced = (rest: Partial<UnverifiedProposal>) => proposalOf(decision, OF_BEFORE, rest);
  /** Signed for another attempt than this one: what is refused for it has passed the opening's check. */
  const polka = { ...decision.certificate, phase: 'prevote', attempt: 1, view: 0 } as const;

  it('allows a value of this attempt where nobody holds a decision', () => {
    assert.equal(fault(fresh({ opening: free })), undefined);
    assert.equal(fault(forced({ opening: free })), 'bad-value', 'not one of an attempt that was abandoned');
    assert.equal(fault(fresh({ opening: free, held })), 'bad-opening', 'nor a decision that nothing forces');
  });

  it('allows the value that it forces, and no other, where somebody holds one', () => {
    assert.equal(fault(forced({ opening: forcing, held })), undefined);
    assert.equal(fault(fresh({ opening: forcing, held })), 'bad-value');
    assert.equal(fault(forced({ opening: forcing })), 'bad-opening', 'which must be shown');
  });

  it('is held against a value with a quorum of prevotes too', () => {
    assert.equal(fault(earlier({ opening: free, polka })), 'bad-certificate', 'only the prevotes are wrong');
    assert.equal(fault(earlier({ opening: forcing, held, polka })), 'bad-value');
    assert.equal(fault(forced({ opening: forcing, held, polka })), 'bad-certificate');
    assert.equal(fault(forced({ opening: free, polka })), 'bad-value');
    assert.equal(fault(earlier({ polka })), 'bad-opening', 'it is never left out');
  });

  it('has no place in the first attempt', () => {
    const first = { attempt: 0, view: 0 };
    assert.equal(fault(forced({ ...first, opening: free })), 'bad-opening');
  });
});
