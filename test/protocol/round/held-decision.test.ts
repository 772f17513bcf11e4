import assert from 'node:assert/strict';
import { CalmNetwork, namesOf } from '../../../simulations/calm-network.ts';
import { fakeRandomness, fakeSignatures } from '../../../simulations/fake-schemes.ts';
import { present } from '../../../src/foundation/assert.ts';
import type { Held } from '../../../src/messages/abandon.ts';
import type { Decision, UnverifiedDecision } from '../../../src/messages/decision.ts';
import { Amnesia } from '../../../src/protocol/chain/amnesia.ts';
import { genesisChain } from '../../../src/protocol/chain/chain.ts';
import { Memories } from '../../../src/protocol/chain/memories.ts';
import { PastRounds } from '../../../src/protocol/chain/past-rounds.ts';
import { Timeline } from '../../../src/protocol/chain/timeline.ts';
import { Outbox } from '../../../src/protocol/outbox.ts';
import { Rules } from '../../../src/protocol/rules.ts';
import { SignedJournal } from '../../../src/protocol/agreement/signed-journal.ts';
import type { RoundMemory } from '../../../src/protocol/saved-state.ts';
import { abandonBytes } from '../../../src/protocol/verification/statements.ts';
import { machineOf, of, outboxOf, verifierOf } from '../bench-peers.ts';

const ROUND = 3;

/** A run of so many peers whose round 3 is decided, and the decision. */
function decided(count = 8): { readonly network: CalmNetwork; readonly decision: UnverifiedDecision } {
  const names = namesOf(count);
  const network = new CalmNetwork(names, { committeeSize: 4 });
  for (const name of names) network.add(name);
  network.start();
  assert.ok(network.reach(ROUND + 1), 'rounds are played');
  const stored = network.peers[0]?.disk.decisions.get(ROUND);
  return { network, decision: present(stored, 'a decision').decision };
}

/** The timeline of a peer that decided all rounds before one. */
function followed(network: CalmNetwork, round: number): { readonly timeline: Timeline } {
  const timeline = new Timeline(genesisChain(network.config));
  const disk = present(network.peers[0], 'a peer').disk;
  const before = Array.from(
    { length: round },
    (_, at) => present(disk.decisions.get(at), 'a decision').decision,
  );
  timeline.replay(verifierOf(network.config), before);
  return { timeline };
}

describe('a decision that is held and may not be adopted', () => {
  it('is shown by a peer that comes back from a crash, together with its word that it holds it', () => {
    const { network, decision } = decided();
    const [self = ''] = namesOf(8);
    const { anchor } = decision.value;
    const { value } = decision.certificate;
    const abandon = (attempt: number, holds: Held | null) => {
      const at = { round: ROUND, attempt, anchor };
      const signature = fakeSignatures(self).sign(abandonBytes(network.config.experiment, at, holds));
      return { kind: 'abandon', ...at, peer: self, holds, signature } as const;
    };
    // it abandoned attempt 0 holding nothing, heard of the decision, and abandoned attempt 1 holding it
    const memory: RoundMemory = {
      ...{ round: ROUND, anchor, attempt: 1, view: 0, votes: [] },
      abandons: [abandon(0, null), abandon(1, { attempt: 0, value })],
      held: decision,
    };
    const before = [0, 1, 2].map(
      (round) => present(network.peers[0]?.disk.decisions.get(round), 'a decision').decision,
    );
    const said = (saved: RoundMemory) => {
      const machine = machineOf(network.config, self);
      machine.step({ type: 'start', saved: { decisions: before, memories: [saved], amnesiac: false } });
      const { applicationDigest } = present(before.at(-1), 'a decision').outcome;
      const opening = machine.step({ type: 'rebuilt', round: ROUND, applicationDigest });
      assert.equal(machine.position.round, ROUND, 'the round is open here');
      const { timer, token } = present(
        of(opening, 'setTimer').findLast((set) => set.timer === 'rebroadcast'),
        'a timer',
      );
      const effects = machine.step({ type: 'timeout', timer, token });
      return of(effects, 'publish').map(({ message }) => message.kind);
    };
    assert.ok(said(memory).includes('abandon'), 'it repeats its word');
    assert.ok(said(memory).includes('decision'), 'and shows the decision');
    const { held: _held, ...forgotten } = memory;
    assert.ok(!said(forgotten).includes('decision'), 'which it cannot where it was not stored');
  });

  it('is shown with the word that names it where the same value was decided by a later attempt', () => {
    const { network, decision } = decided(10); // attempt 1 is not the last
    const [self = '', asker = ''] = namesOf(10);
    const { anchor } = decision.value;
    const { value } = decision.certificate;
    const wordOf = (peer: string, attempt: number, holds: Held | null) => {
      const at = { round: ROUND, attempt, anchor };
      const signature = fakeSignatures(peer).sign(abandonBytes(network.config.experiment, at, holds));
      return { kind: 'abandon', ...at, peer, holds, signature } as const;
    };
    const replyOf = (decidedBy: number): string[] => {
      const outbox = outboxOf(network.config, self);
      const memories = new Memories(outbox);
      const memory = { round: ROUND, anchor, attempt: 1, view: 0, votes: [], held: decision };
      memories.load([
        { ...memory, abandons: [wordOf(self, 0, null), wordOf(self, 1, { attempt: 0, value })] },
      ]);
      const { timeline } = followed(network, ROUND);
      const here = { ...decision, certificate: { ...decision.certificate, attempt: decidedBy } } as Decision;
      timeline.push(here, value, { ...timeline.head, round: ROUND + 1 });
      const past = new PastRounds(outbox, timeline, memories, new Amnesia(new Rules()));
      assert.equal(past.answerAbandon(wordOf(asker, 1, null)), undefined, 'it answers');
      return of(outbox.take(), 'send').map(({ message }) => message.kind);
    };
    assert.deepEqual(
      replyOf(1),
      ['decision', 'abandon'],
      'its own is of attempt 1, and its word names attempt 0',
    );
    assert.deepEqual(replyOf(0), ['abandon'], 'the asker hears of its own');
  });

  it('is stored with the word that names it, without its body', () => {
    const { network, decision } = decided();
    const [self = ''] = namesOf(8);
    const keys = { self, signatures: fakeSignatures(self), randomness: fakeRandomness(self) };
    const outbox = new Outbox(network.config, verifierOf(network.config), keys);
    const { anchor } = decision.value;
    const journal = SignedJournal.blank(outbox, ROUND, anchor);
    journal.abandon(0, null);
    assert.equal(journal.memory.held, undefined, 'it held none');
    const { value } = decision.certificate;
    journal.abandon(1, { attempt: 0, value }, { ...decision, body: new Uint8Array(9) });
    const held = present(journal.memory.held as UnverifiedDecision | undefined, 'a decision');
    assert.equal(held.certificate.value, value, 'the decision');
    assert.equal(held.body, undefined, 'its update can be computed again');
  });
});
